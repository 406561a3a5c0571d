namespace FunctionsApi.Benchmarks.Servers;

/// <summary>Azure Table Storage on this machine, empty: the Azurite of the tests, which keeps its tables in memory.</summary>
internal sealed class AzuriteServer : IAsyncDisposable
{
    private const string Account = "devstoreaccount1";
    // Published for every emulator; it protects nothing.
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private static readonly string Sources = Path.Combine(Tool.Repository, "tests", "TestKit", "Azurite");

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("functionsapi-benchmark-");
    private ServerProcess? _process;

    private AzuriteServer()
    {
    }

    public int Port => _process!.Address.Port;

    /// <summary>Processor time that it has used, user and system, all threads.</summary>
    public TimeSpan ProcessorTime => _process!.ProcessorTime;

    /// <summary>Installs what the lock file names, where nothing is installed yet.</summary>
    public static async Task InstallAsync()
    {
        if (Directory.Exists(Path.Combine(Sources, "node_modules", "azurite")))
            return;
        var command = Tool.Command("npm", "ci", "--no-fund", "--no-audit");
        command.WorkingDirectory = Sources;
        await Tool.RunAsync(command);
    }

    public static async Task<AzuriteServer> StartAsync()
    {
        var azurite = new AzuriteServer();
        var command = Tool.Command(
            "node", Path.Combine(Sources, "start.cjs"), "0", "0", "--location", azurite._directory.FullName, "--silent", "--disableTelemetry");
        // It ends when this does.
        command.RedirectStandardInput = true;
        azurite._process = await ServerProcess.StartAsync(
            command,
            line => line.StartsWith(ServerProcess.Announcement, StringComparison.Ordinal)
                // The port of tables, and that of queues.
                ? new($"http://127.0.0.1:{line[ServerProcess.Announcement.Length..].Split(' ')[0]}")
                : null);
        return azurite;
    }

    /// <param name="port">Its own, or that of a proxy before it.</param>
    public static string ConnectionString(int port) =>
        $"AccountName={Account};AccountKey={Key};TableEndpoint=http://127.0.0.1:{port}/{Account}";

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        _directory.Delete(recursive: true);
    }
}
