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
    /// <param name="settings">As <c>server.mjs</c> explains them.</param>
    public static Task<ServerProcess> StartAsync(string limiter, params IEnumerable<(string Name, string Value)> settings)
    {
        var command = Tool.Command("node", "server.mjs", limiter);
        command.WorkingDirectory = Directory;
        command.Environment["NODE_ENV"] = "production";
        foreach (var (name, value) in settings)
            command.Environment[name] = value;
        return ServerProcess.StartAsync(command);
    }
}
