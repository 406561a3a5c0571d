using System.Diagnostics;

namespace FunctionsApi.Benchmarks.Servers;

/// <summary>A server in a process of its own, on a port of the system's choice, which it prints when it is ready.</summary>
internal sealed class ServerProcess : IServer
{
    public const string Announcement = "Listening on ";

    private readonly Process _process;

    private ServerProcess(Process process, IReadOnlyList<string> greeting, Uri address) =>
        (_process, Greeting, Address) = (process, greeting, address);

    public IReadOnlyList<string> Greeting { get; }

    public Uri Address { get; }

    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Starts a server and waits until it says where it listens.</summary>
    public static Task<ServerProcess> StartAsync(ProcessStartInfo how) => StartAsync(
        how, line => line.StartsWith(Announcement, StringComparison.Ordinal) ? new(line[Announcement.Length..]) : null);

    /// <summary>Starts a server and waits until it listens.</summary>
    /// <param name="how">The command.</param>
    /// <param name="addressIn">Where it listens, in the line that says that it does; null for any other line.</param>
    public static async Task<ServerProcess> StartAsync(ProcessStartInfo how, Func<string, Uri?> addressIn)
    {
        how.RedirectStandardOutput = true;
        var process = Process.Start(how)!;
        var greeting = new List<string>();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            greeting.Add(line);
            if (addressIn(line) is { } address)
            {
                // A full pipe would stop it.
                _ = process.StandardOutput.ReadToEndAsync();
                return new(process, greeting, address);
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
