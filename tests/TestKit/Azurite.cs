using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FunctionsApi.TestKit;

/// <summary>
/// Azure Storage, its tables, queues and blobs, on this machine: a process of its own on free ports. Where it is missing a test is skipped, but not
/// where <c>CI=true</c>: there nobody would notice.
/// </summary>
public sealed class Azurite : IAsyncDisposable
{
    private const string Announcement = "Listening on ";
    private const string Account = "devstoreaccount1";
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("azurite-");
    private Process? _process;

    private Azurite()
    {
    }

    public int Port { get; private set; }

    public int QueuePort { get; private set; }

    public int BlobPort { get; private set; }

    public Uri Endpoint => new($"http://127.0.0.1:{Port}/{Account}");

    public Uri QueueEndpoint => new($"http://127.0.0.1:{QueuePort}/{Account}");

    public Uri BlobEndpoint => new($"http://127.0.0.1:{BlobPort}/{Account}");

    public string ConnectionString =>
        $"AccountName={Account};AccountKey={Key};TableEndpoint={Endpoint};QueueEndpoint={QueueEndpoint};BlobEndpoint={BlobEndpoint}";

    /// <summary>Starts it, empty.</summary>
    public static async Task<Azurite> StartAsync()
    {
        var azurite = new Azurite();
        try
        {
            await azurite.RunAsync();
            return azurite;
        }
        catch
        {
            await azurite.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends it; what is in it is kept.</summary>
    public async Task StopAsync()
    {
        // Killed it would lose what it has not written to its files, which it does every few seconds and at its end.
        _process!.StandardInput.Close();
        await _process.WaitForExitAsync().WaitAsync(Patience);
    }

    /// <summary>Starts it again on the same ports, with what was in it.</summary>
    public Task RestartAsync() => RunAsync();

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false } running)
        {
            running.Kill();
            await running.WaitForExitAsync();
        }

        _process?.Dispose();
        _directory.Delete(recursive: true);
    }

    private async Task RunAsync()
    {
        _process?.Dispose();
        _process = Start();
        var errors = _process.StandardError.ReadToEndAsync();
        while (await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience) is { } line)
        {
            if (!line.StartsWith(Announcement, StringComparison.Ordinal))
                continue;
            var ports = line[Announcement.Length..].Split(' ');
            (BlobPort, Port, QueuePort) = (int.Parse(ports[0]), int.Parse(ports[1]), int.Parse(ports[2]));
            _ = _process.StandardOutput.ReadToEndAsync();
            return;
        }

        Missing($"Azurite does not start. {await errors}");
    }

    private Process Start()
    {
        foreach (var node in (string[])["node", "nodejs"])
        {
            try
            {
                return Process.Start(new ProcessStartInfo(
                    node,
                    [
                        Path.Combine(Here(), "Azurite", "start.cjs"), $"{BlobPort}", $"{Port}", $"{QueuePort}",
                        "--location", _directory.FullName, "--silent", "--disableTelemetry", "--skipApiVersionCheck",
                    ])
                {
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                })!;
            }
            catch (Win32Exception)
            {
                // The next name.
            }
        }

        Missing("Node is missing.");
        throw new UnreachableException();
    }

    private static void Missing(string why)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true")
            throw new InvalidOperationException($"{why} ./test.sh installs what it needs where it may.");
        Xunit.Assert.Skip(why);
    }

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
