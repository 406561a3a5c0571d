using System.Diagnostics;
using System.Text.Json;
using FunctionsApi.Telemetry;

namespace FunctionsApi.Benchmarks.Servers;

/// <summary>
/// FunctionsApi as it is published, with a store of its own in which one key has the highest limit that can be set.
/// </summary>
internal sealed class Product : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("functionsapi-benchmark-").FullName;

    private readonly Dictionary<string, string?> _storage;

    private Product() => _storage = new() { ["Storage__Path"] = Store };

    private Product(string connectionString) =>
        _storage = new() { ["Storage__Provider"] = "tables", ["Storage__ConnectionString"] = connectionString };

    /// <summary>The value of the Authorization header.</summary>
    public string Authorization { get; private set; } = "";

    /// <summary>The SQLite file.</summary>
    public string Store => Path.Combine(_directory, "benchmark.db");

    // By its own executable, as in a deployment.
    private string Program => Path.Combine(_directory, OperatingSystem.IsWindows() ? "FunctionsApi.exe" : "FunctionsApi");

    /// <summary>What the runtime is told for it. Its rivals run with the same.</summary>
    public string RuntimeConfig => Path.Combine(_directory, "FunctionsApi.runtimeconfig.json");

    /// <summary>Publishes the Release build and prepares the store by its command line.</summary>
    /// <param name="publishOptions">More options for <c>dotnet publish</c>.</param>
    public static Task<Product> PublishAsync(params IEnumerable<string> publishOptions) =>
        PublishAsync(new Product(), publishOptions);

    /// <summary>As <see cref="PublishAsync(IEnumerable{string})"/>, on Azure Table Storage or Azurite.</summary>
    public static Task<Product> PublishOnTablesAsync(string connectionString, params IEnumerable<string> publishOptions) =>
        PublishAsync(new Product(connectionString), publishOptions);

    public Task<ServerProcess> StartAsync() => ServerProcess.StartAsync(Command());

    /// <summary>Starts it behind the double of the Functions host, with the ledger on rows.</summary>
    public Task<IServer> StartUnderHostAsync() =>
        HostedServer.StartAsync(_directory, [.. _storage, new("ASPNETCORE_ENVIRONMENT", "Production"), new("Quotas__Ledger", "table")]);

    /// <param name="settings">Beyond the usual ones or instead of them; null takes one away.</param>
    public Task<ServerProcess> StartAsync(IReadOnlyDictionary<string, string?> settings) =>
        ServerProcess.StartAsync(With(settings, Command()));

    /// <summary>Runs a command.</summary>
    /// <param name="settings">As for a server.</param>
    /// <param name="arguments">The command.</param>
    public Task RunAsync(IReadOnlyDictionary<string, string?> settings, params IEnumerable<string> arguments) =>
        Tool.RunAsync(With(settings, Command(arguments)));

    /// <summary>Makes a tenant with a key.</summary>
    /// <param name="tenant">Its name.</param>
    /// <param name="api">What it has bought.</param>
    /// <param name="plan">In which plan.</param>
    /// <param name="limits">Limits of its own.</param>
    /// <returns>The value of the Authorization header.</returns>
    public async Task<string> AddTenantAsync(string tenant, string api, string plan, params IEnumerable<(string Policy, int Limit)> limits)
    {
        await RunAsync("tenants", "set", "--tenant", tenant, $"--{api}", plan);
        foreach (var (policy, limit) in limits)
            await RunAsync("tenants", "set-limit", "--tenant", tenant, "--api", api, "--policy", policy, "--limit", $"{limit}");
        using var key = JsonDocument.Parse(await RunAsync("keys", "create", "--tenant", tenant, "--user", "load", "--json"));
        return $"Bearer {key.RootElement.GetProperty("key").GetString()}";
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static async Task<Product> PublishAsync(Product product, IEnumerable<string> publishOptions)
    {
        await Tool.RunAsync(Tool.Command(
            "dotnet", ["publish", "src/FunctionsApi", "-c", "Release", "-o", product._directory, .. publishOptions]));
        product.Authorization = await product.AddTenantAsync("bench", "inference", "enterprise", ("requests-per-minute", 1_000_000_000));
        return product;
    }

    private Task<string> RunAsync(params IEnumerable<string> arguments) => Tool.RunAsync(Command(arguments));

    private static ProcessStartInfo With(IReadOnlyDictionary<string, string?> settings, ProcessStartInfo command)
    {
        foreach (var (name, value) in settings)
            command.Environment[name] = value;
        return command;
    }

    private ProcessStartInfo Command(params IEnumerable<string> arguments)
    {
        var command = Tool.Command(Program, arguments);
        command.WorkingDirectory = _directory;
        foreach (var (name, value) in _storage)
            command.Environment[name] = value;
        command.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        command.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        command.Environment[StartTimes.Variable] = "yes";
        return command;
    }
}
