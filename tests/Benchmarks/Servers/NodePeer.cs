namespace FunctionsApi.Benchmarks.Servers;

/// <summary>The Node servers in <c>peers/</c>.</summary>
internal static class NodePeer
{
    private static readonly string Directory = Path.Combine(Tool.Repository, "tests", "Benchmarks", "peers");

    /// <summary>Installs what the lock file names.</summary>
    public static async Task InstallAsync()
    {
        var command = Tool.Command("npm", "ci", "--no-fund", "--no-audit");
        command.WorkingDirectory = Directory;
        await Tool.RunAsync(command);
    }

    /// <param name="limiter">As <c>server.mjs</c> names it.</param>
    public static Task<ServerProcess> StartAsync(string limiter)
    {
        var command = Tool.Command("node", "server.mjs", limiter);
        command.WorkingDirectory = Directory;
        command.Environment["NODE_ENV"] = "production";
        return ServerProcess.StartAsync(command);
    }
}
