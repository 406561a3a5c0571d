using System.Diagnostics;

namespace FunctionsApi.Benchmarks.Servers;

/// <summary>A server in a process of its own, on a port of the system's choice, which it prints when it is ready.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    public const string Announcement = "Listening on ";

    private readonly Process _process;

    private ServerProcess(Process process, IReadOnlyList<string> greeting) =>
        (_process, Greeting, Address) = (process, greeting, new(greeting[^1][Announcement.Length..]));

    /// <summary>What it printed until it said where it listens.</summary>
    public IReadOnlyList<string> Greeting { get; }

    public Uri Address { get; }

    /// <summary>Processor time that it has used, user and system, all threads.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Starts a server and waits until it says where it listens.</summary>
    public static async Task<ServerProcess> StartAsync(ProcessStartInfo how)
    {
        how.RedirectStandardOutput = true;
        var process = Process.Start(how)!;
        var greeting = new List<string>();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            greeting.Add(line);
            if (line.StartsWith(Announcement, StringComparison.Ordinal))
            {
                // A full pipe would stop it.
                _ = process.StandardOutput.ReadToEndAsync();
                return new(process, greeting);
            }
        }

        await process.WaitForExitAsync();
        throw new InvalidOperationException($"{how.FileName} {string.Join(' ', how.ArgumentList)} ended with {process.ExitCode} before it listened.");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
