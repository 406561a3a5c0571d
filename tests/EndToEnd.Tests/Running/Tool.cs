using System.ComponentModel;
using System.Text.Json;

namespace FunctionsApi.EndToEnd.Tests.Running;

/// <summary>
/// A program that customers use. Where it is missing a test is skipped, but not where <c>CI=true</c>: there
/// nobody would notice.
/// </summary>
internal static class Tool
{
    /// <returns>A Python that has <c>requests</c>.</returns>
    public static Task<string> PythonAsync() =>
        FindAsync("Python with the package requests", ["-c", "import requests"], "python3", "/usr/bin/python3");

    /// <returns>A Node that has <c>fetch</c>.</returns>
    public static Task<string> NodeAsync() => FindAsync("Node 18 or newer", ["-e", "fetch"], "node", "nodejs");

    /// <param name="package">A package of npm, which has been installed there.</param>
    /// <param name="folder">Where.</param>
    /// <returns>A Node that can load it.</returns>
    public static Task<string> NodeWithAsync(string package, string folder) =>
        FindAsync($"Node 18 or newer with {package}", ["-e", $"require({JsonSerializer.Serialize(Path.Combine(folder, "node_modules", package))})"], "node", "nodejs");

    /// <returns>A shell, and curl on its path.</returns>
    public static Task<string> ShellWithCurlAsync() => FindAsync("bash and curl", ["-c", "curl --version"], "bash");

    /// <returns>The path of a browser.</returns>
    public static Task<string> ChromiumAsync() =>
        FindAsync("Chromium", ["--version"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome");

    /// <returns>A web server.</returns>
    public static Task<string> NginxAsync() => FindAsync("nginx", ["-v"], "nginx", "/usr/sbin/nginx");

    private static async Task<string> FindAsync(string what, string[] proof, params string[] candidates)
    {
        foreach (var candidate in candidates)
            if (await WorksAsync(candidate, proof))
                return candidate;
        if (Environment.GetEnvironmentVariable("CI") == "true")
            throw new InvalidOperationException($"{what} is needed: ./test.sh installs it where it may.");
        Assert.Skip($"{what} is missing.");
        return "";
    }

    private static async Task<bool> WorksAsync(string program, string[] proof)
    {
        try
        {
            await using var process = ChildProcess.Start(program, proof, new Dictionary<string, string>(), Path.GetTempPath());
            return await process.ExitAsync() == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
