using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsApi.EndToEnd.Tests.Hosting.Double;

namespace FunctionsApi.EndToEnd.Tests.Hosting;

/// <summary>The program as the Functions host runs it: in an app root, with the environment of the host.</summary>
internal static class HostedServer
{
    // Addresses that nobody can listen on: whoever heeds them fails.
    private static readonly (string, string)[] Misleading =
        [("ASPNETCORE_URLS", "http://192.0.2.1:80"), ("Kestrel__Endpoints__Other__Url", "http://192.0.2.1:81")];

    /// <summary>Starts a host and waits until the handler behind it answers.</summary>
    public static Task<RunningServer> ServeBehindHostAsync(
        this Installation installation, HostMode mode = HostMode.Proxying, params (string Name, string Value)[] settings) =>
        RunningServer.WatchAsync(installation.StartHost(mode, settings));

    /// <summary>Starts a host and waits for nothing.</summary>
    public static ChildProcess StartHost(
        this Installation installation, HostMode mode = HostMode.Proxying, params (string Name, string Value)[] settings) =>
        installation.StartHostIn(LayOut(installation.PathOf($"{mode}"), mode), settings);

    /// <param name="installation">Whose store.</param>
    /// <param name="root">An app root.</param>
    /// <param name="settings">On top of those of the installation.</param>
    public static ChildProcess StartHostIn(this Installation installation, string root, params (string Name, string Value)[] settings) =>
        installation.Start(
            Path.Combine(AppContext.BaseDirectory, "FunctionsApi.EndToEnd.Tests"),
            [HostDouble.Command, root],
            [("ASPNETCORE_ENVIRONMENT", "Production"), ("DOTNET_ROOT", DotnetRoot()), .. Misleading, .. settings]);

    /// <summary>What stands in local.settings.sample.json, which <c>func start</c> puts into the environment.</summary>
    public static (string Name, string Value)[] Sample(Azurite azurite) =>
    [
        .. JsonElement.Parse(File.ReadAllText(Path.Combine(Built("RepositoryRoot"), "local.settings.sample.json")))
            .GetProperty("Values").EnumerateObject()
            .Select(setting => (setting.Name, setting.Value.GetString()!.Replace("UseDevelopmentStorage=true", azurite.ConnectionString, StringComparison.Ordinal))),
        ("Storage__Path", ""),
    ];

    /// <summary>How long the host lets a function run in this app root.</summary>
    public static void SetFunctionTimeout(string root, string time)
    {
        var path = Path.Combine(root, "host.json");
        var host = JsonNode.Parse(File.ReadAllText(path))!;
        host["functionTimeout"] = time;
        File.WriteAllText(path, host.ToJsonString());
    }

    /// <summary>The handler that runs now.</summary>
    public static int HandlerId(this RunningServer server) => int.Parse(
        server.Process.Output.Split('\n').Last(line => line.StartsWith("Handler ", StringComparison.Ordinal) && line.EndsWith(" is ready", StringComparison.Ordinal)).Split(' ')[1]);

    /// <summary>SIGKILL.</summary>
    public static void Kill(int process)
    {
        using var handler = Process.GetProcessById(process);
        handler.Kill();
    }

    /// <summary>Waits for a process that another one has started.</summary>
    public static async Task EndAsync(int process)
    {
        using var handler = Process.GetProcessById(process);
        await Patience.WaitAsync(handler.WaitForExitAsync(), "the handler's end");
    }

    /// <summary>The repository's app root elsewhere, with the program as it was built in place of the one that is published.</summary>
    public static string LayOut(string root, HostMode mode)
    {
        if (Directory.Exists(root))
            return root;
        Directory.CreateDirectory(root);
        foreach (var function in Directory.EnumerateFiles(Built("RepositoryRoot"), "function.json", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 }))
        {
            var folder = Directory.CreateDirectory(Path.Combine(root, Path.GetFileName(Path.GetDirectoryName(function))!));
            File.Copy(function, Path.Combine(folder.FullName, "function.json"));
        }

        File.WriteAllText(Path.Combine(root, "host.json"), HostJson(mode));
        Directory.CreateSymbolicLink(Path.Combine(root, "bin"), Path.Combine(Built("RepositoryRoot"), "src", "FunctionsApi", "bin", Built("Configuration"), "net10.0"));
        return root;
    }

    private static string HostJson(HostMode mode)
    {
        var host = JsonNode.Parse(File.ReadAllText(Path.Combine(Built("RepositoryRoot"), "host.json")))!;
        // No test waits for a message that failed to come again.
        host["extensions"]!["queues"]!["visibilityTimeout"] = "00:00:00";
        if (mode == HostMode.Forwarding)
        {
            host["customHandler"]!["enableProxyingHttpRequest"] = false;
            host["customHandler"]!["enableForwardingHttpRequest"] = true;
        }

        return host.ToJsonString();
    }

    /// <summary>Where the runtime is that runs us: the program needs the same, and may look for it elsewhere.</summary>
    private static string DotnetRoot() => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    /// <summary>How this assembly was built.</summary>
    internal static string Built(string name) =>
        typeof(HostedServer).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(datum => datum.Key == name).Value!;
}
