using System.Diagnostics;
using FunctionsApi.Tests.Docs;
using Xunit;

namespace FunctionsApi.Tests.Infra;

/// <summary>How a program ended and what it said.</summary>
internal sealed record Ended(int ExitCode, string Output, string Errors);

/// <summary>A program of this machine, run to its end in the repository's root.</summary>
internal static class Command
{
    public static bool Exists(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, name)) || File.Exists(Path.Combine(folder, name + ".exe")));

    /// <summary>Skips the test where something is missing; where <c>CI=true</c> it fails.</summary>
    public static void Require(bool exists, string what)
    {
        if (exists)
            return;
        if (Environment.GetEnvironmentVariable("CI") == "true")
            throw new InvalidOperationException($"{what} is missing, and where CI=true no test is skipped.");
        Assert.Skip($"{what} is missing.");
    }

    /// <param name="program">Its name or path.</param>
    /// <param name="arguments">Each as it is.</param>
    /// <param name="environment">On top of this process's; null removes a variable.</param>
    public static async Task<Ended> RunAsync(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Document.Repository,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // Servers that dotnet leaves behind would keep our ends of its output open, and us waiting for their end.
            Environment = { ["MSBUILDDISABLENODEREUSE"] = "1", ["MSBUILDUSESERVER"] = "0", ["UseSharedCompilation"] = "false" },
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
            start.Environment[name] = value;

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new(process.ExitCode, output, await errors);
    }
}
