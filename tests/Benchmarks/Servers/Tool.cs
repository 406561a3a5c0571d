using System.Diagnostics;

namespace FunctionsApi.Benchmarks.Servers;

/// <summary>Runs programs to their end.</summary>
internal static class Tool
{
    /// <summary>The root of the repository that this was built from.</summary>
    public static string Repository { get; } = FindRepository();

    public static ProcessStartInfo Command(string program, params IEnumerable<string> arguments) =>
        new(program, arguments) { WorkingDirectory = Repository };

    /// <returns>What it printed on standard output.</returns>
    /// <exception cref="InvalidOperationException">It failed; the message holds what it said.</exception>
    public static async Task<string> RunAsync(ProcessStartInfo how)
    {
        how.RedirectStandardOutput = how.RedirectStandardError = true;
        using var process = Process.Start(how)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{how.FileName} {string.Join(' ', how.ArgumentList)} failed.\n{output}{await error}");
    }

    private static string FindRepository()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
            if (File.Exists(Path.Combine(directory.FullName, "FunctionsApi.sln")))
                return directory.FullName;
        throw new InvalidOperationException("The benchmarks run from inside the repository.");
    }
}
