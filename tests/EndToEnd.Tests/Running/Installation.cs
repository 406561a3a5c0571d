using System.Text.Json;

namespace FunctionsApi.EndToEnd.Tests.Running;

/// <summary>The real program with a store of its own in a directory of its own: servers and commands, each a process.</summary>
/// <param name="tables">The connection string of the tables that are its store; null for a SQLite file.</param>
internal sealed class Installation(string? tables = null) : IAsyncDisposable
{
    public static readonly string Dotnet = System.Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "FunctionsApi.dll");

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("functionsapi-");
    private readonly List<ChildProcess> _processes = [];

    public string StorePath => PathOf("store.db");

    public string PathOf(string file) => Path.Combine(_directory.FullName, file);

    /// <summary>Starts a server and waits until it listens.</summary>
    public Task<RunningServer> ServeAsync(params (string Name, string Value)[] settings) =>
        RunningServer.WatchAsync(Start(settings));

    /// <summary>Starts the program and waits for nothing.</summary>
    public ChildProcess Start(params (string Name, string Value)[] settings) =>
        Start(Dotnet, [Program], [("ASPNETCORE_ENVIRONMENT", "Production"), .. settings]);

    /// <summary>Starts a program in this directory, with the settings of this installation.</summary>
    public ChildProcess Start(string program, IEnumerable<string> arguments, params (string Name, string Value)[] settings)
    {
        var process = ChildProcess.Start(program, arguments, Environment(settings), _directory.FullName);
        lock (_processes)
            _processes.Add(process);
        return process;
    }

    /// <summary>The settings of this installation, and others on top of them.</summary>
    public Dictionary<string, string> Environment(params (string Name, string Value)[] settings)
    {
        var environment = new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["NO_PROXY"] = "127.0.0.1",
        };
        if (tables is null)
            environment["Storage__Path"] = StorePath;
        else
            (environment["Storage__Provider"], environment["Storage__ConnectionString"]) = ("tables", tables);
        foreach (var (name, value) in settings)
            environment[name] = value;
        return environment;
    }

    /// <summary>Starts a command.</summary>
    public ChildProcess Command(params string[] arguments) => Start(Dotnet, [Program, .. arguments]);

    /// <summary>Runs a command that succeeds.</summary>
    /// <returns>What it printed.</returns>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var command = Command(arguments);
        (await command.ExitAsync()).ShouldBe(0, command.Account);
        return command.Output;
    }

    /// <summary>Runs a command that succeeds, with a setting and <c>--json</c>.</summary>
    public async Task<JsonElement> AskAsync((string Name, string Value) setting, params string[] arguments)
    {
        var command = Start(Dotnet, [Program, .. arguments, "--json"], setting);
        (await command.ExitAsync()).ShouldBe(0, command.Account);
        return JsonElement.Parse(command.Output);
    }

    /// <summary>Runs a command that succeeds, with <c>--json</c>.</summary>
    public async Task<JsonElement> AskAsync(params string[] arguments) =>
        JsonElement.Parse(await RunAsync([.. arguments, "--json"]));

    public async Task<ApiKey> CreateKeyAsync(
        string inference = "pro", string agents = "free", string tenant = "acme", string user = "alice")
    {
        var made = await AskAsync(
            "keys", "create", "--tenant", tenant, "--user", user, "--inference", inference, "--agents", agents);
        return new(made.GetProperty("id").GetString()!, made.GetProperty("key").GetString()!);
    }

    /// <summary>Makes the tenant <c>acme</c>, and a deployment of it that another server runs.</summary>
    public async Task DeployAsync(string deployment, string url, params string[] options)
    {
        await RunAsync("tenants", "set", "--tenant", "acme", "--inference", "pro");
        await RunAsync(["deployments", "set", "--tenant", "acme", "--id", deployment, "--backend", "http", "--url", url, .. options]);
    }

    public async Task ApplyPlansAsync(string plans)
    {
        await File.WriteAllTextAsync(PathOf("plans.json"), plans);
        await RunAsync("plans", "apply", PathOf("plans.json"));
    }

    /// <summary>What the ledger counts as used of one policy, leases included, as <c>quotas show</c> says it.</summary>
    /// <param name="partition">For example <c>user:acme/alice</c>.</param>
    /// <param name="policy">Its name.</param>
    public async Task<int> UsedAsync(string partition, string policy = "requests")
    {
        var entity = await AskAsync("quotas", "show", partition);
        return entity.GetProperty("counters").EnumerateArray()
            .Single(counter => counter.GetProperty("policy").GetString() == policy).GetProperty("used").GetInt32();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
            await process.DisposeAsync();
        _directory.Delete(recursive: true);
    }
}

/// <param name="Id">As <c>keys list</c> shows it.</param>
/// <param name="Text">Whole.</param>
internal sealed record ApiKey(string Id, string Text);
