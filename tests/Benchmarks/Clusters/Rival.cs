using FunctionsApi.Benchmarks.Load;
using FunctionsApi.Benchmarks.Servers;

namespace FunctionsApi.Benchmarks.Clusters;

/// <summary>Server processes that share their counts through one store.</summary>
/// <param name="name">As the table shows it.</param>
internal sealed class Rival(string name) : IAsyncDisposable
{
    private const int SecondsForAll = 90;
    private const int WarmUpRequests = 100;

    private readonly List<ServerProcess> _servers = [];
    private readonly List<OperationCounter> _counters = [];
    private RedisServer? _redis;

    public string Name => name;

    public int Processes => _servers.Count;

    /// <summary>FunctionsApi on Azure Tables.</summary>
    public static Task<Rival> StartAsync(Stage stage, int processes)
    {
        var rival = new Rival("FunctionsApi on Azurite");
        return rival.StartAsync(processes, () =>
        {
            var counter = new OperationCounter(stage.Azurite.Port);
            rival._counters.Add(counter);
            return stage.StartServerAsync(counter.Port);
        });
    }

    /// <summary>fastify with rate-limiter-flexible on Redis.</summary>
    /// <param name="redis">Shared by all.</param>
    /// <param name="limit">Of each key, for 60 s.</param>
    /// <param name="processes">How many.</param>
    public static Task<Rival> StartAsync(RedisServer redis, int limit, int processes) =>
        new Rival("rate-limiter-flexible on Redis") { _redis = redis }.StartAsync(
            processes,
            () => NodePeer.StartAsync("rate-limiter-flexible-redis", ("REDIS_PORT", $"{redis.Port}"), ("LIMIT", $"{limit}")));

    /// <summary>All that was asked of the store so far.</summary>
    public async Task<Operations> OperationsAsync() => _redis is null
        ? _counters.Aggregate(new Operations(0), (sum, counter) => sum + counter.Count)
        : new(await _redis.ScriptsAsync());

    /// <summary>Loads all servers at once, one wrk for each.</summary>
    /// <param name="load">Given the server's number.</param>
    /// <param name="seconds">How long, at most.</param>
    public async Task<LoadOfAll> LoadAsync(Func<int, WrkScript> load, int seconds) =>
        new(await Task.WhenAll(_servers.Select((server, place) => load(place).RunAsync(new(server.Address, Work.Path), seconds))));

    /// <summary>Sends every credential once, to one of the servers, and waits for all answers.</summary>
    /// <param name="credentials">At least one for each server.</param>
    /// <param name="connections">To each server.</param>
    public async Task<LoadOfAll> SendOnceAsync(string[] credentials, int connections)
    {
        var files = _servers.Index().Select(server => WriteFile(credentials.Where((_, place) => place % Processes == server.Index))).ToArray();
        var load = await LoadAsync(place => new WrkScript("once.lua", 1, connections, ("WORK_CREDENTIALS", files[place])), SecondsForAll);
        Array.ForEach(files, File.Delete);
        return load;
    }

    /// <summary>Waits until every server has answered some requests.</summary>
    public Task WarmUpAsync() => SendOnceAsync(Credentials.Of("warm-up", WarmUpRequests * Processes), connections: 4);

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
        foreach (var counter in _counters)
            counter.Dispose();
    }

    private static string WriteFile(IEnumerable<string> lines)
    {
        var file = Path.GetTempFileName();
        File.WriteAllLines(file, lines);
        return file;
    }

    private async Task<Rival> StartAsync(int processes, Func<Task<ServerProcess>> startAsync)
    {
        try
        {
            while (Processes < processes)
                _servers.Add(await startAsync());
            return this;
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }
}

/// <param name="Results">One for each server; they ran at the same time.</param>
internal sealed record LoadOfAll(IReadOnlyList<WrkResult> Results)
{
    public long Requests => Results.Sum(result => result.Requests);

    public double PerSecond => Requests / Results.Max(result => result.Microseconds / 1e6);
}
