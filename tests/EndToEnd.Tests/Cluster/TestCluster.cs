namespace FunctionsApi.EndToEnd.Tests.Cluster;

/// <summary>Several servers on one Azurite.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly List<Task<RunningServer>> _servers = [];
    private readonly (string, string)[] _settings;

    private TestCluster(Azurite azurite, FaultyProxy proxy, (string, string)[] settings)
    {
        (Azurite, Proxy, Installation) = (azurite, proxy, new(azurite.ConnectionString));
        _settings = [.. settings, ("Storage__ConnectionString", proxy.ConnectionString)];
    }

    public Azurite Azurite { get; }

    /// <summary>What the servers reach Azurite through; commands reach it directly.</summary>
    public FaultyProxy Proxy { get; }

    public Installation Installation { get; }

    public IReadOnlyList<Task<RunningServer>> Servers => _servers;

    /// <param name="servers">How many.</param>
    /// <param name="plans">The plan file.</param>
    /// <param name="settings">Of the servers.</param>
    public static async Task<TestCluster> StartAsync(int servers, string plans, params (string, string)[] settings)
    {
        var azurite = await Azurite.StartAsync();
        var cluster = new TestCluster(azurite, await FaultyProxy.StartAsync(azurite), settings);
        try
        {
            await cluster.Installation.ApplyPlansAsync(plans);
            for (var i = 0; i < servers; i++)
                cluster._servers.Add(cluster.ServeAsync());
            await Task.WhenAll(cluster._servers);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>One server more, with settings of its own.</summary>
    public async Task<RunningServer> AddAsync(params (string, string)[] settings)
    {
        _servers.Add(Installation.ServeAsync([.. _settings, .. settings]));
        return await _servers[^1];
    }

    /// <summary>Clients of each server; they follow it when it is restarted.</summary>
    public IEnumerable<Func<Task<RunningServer>>> Clients(int ofEach) =>
        Enumerable.Range(0, _servers.Count).SelectMany(i => Enumerable.Repeat(() => _servers[i], ofEach));

    /// <summary>SIGKILL, and a new process in its place, which nobody waits for here.</summary>
    public async Task KillAndRestartAsync(int server)
    {
        await KillAsync(server);
        _servers[server] = ServeAsync();
    }

    /// <summary>SIGKILL, and nothing in its place.</summary>
    public async Task KillAsync(int server) => await (await _servers[server]).Process.KillAsync();

    /// <summary>Ends Azurite, which is cut off first: unlike what it stands for, it may forget what it answers while it ends.</summary>
    public async Task StopStoreAsync()
    {
        Proxy.Do(Fault.Cut);
        await Proxy.DrainAsync();
        await Azurite.StopAsync();
    }

    /// <summary>Starts Azurite again, with what was in it.</summary>
    public async Task RestartStoreAsync()
    {
        await Azurite.RestartAsync();
        Proxy.Do(Fault.None);
    }

    /// <summary>Until every server says that it is ready, or that it is not.</summary>
    public Task ReadyAsync() => UntilReadyzAsync("to be ready", (isReady, _) => isReady);

    /// <summary>Until every server takes its ledger for away; before that it admits nobody whom it cannot ask for.</summary>
    public Task AwayAsync() => UntilReadyzAsync("to miss its ledger", (_, report) => report.Contains("\"ledger\":\"away\"", StringComparison.Ordinal));

    /// <summary>Until the ledger has heard of everything, which may take some seconds, and counts so much.</summary>
    public async Task CountsAsync(string partition, int used)
    {
        var counted = -1;
        // Each question is a process.
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        for (var asked = 0; asked < 15 && counted != used; asked++)
        {
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            counted = await Installation.UsedAsync(partition);
        }
        counted.ShouldBe(used, $"of {partition}");
    }

    public async ValueTask DisposeAsync()
    {
        await Installation.DisposeAsync();
        await Proxy.DisposeAsync();
        await Azurite.DisposeAsync();
    }

    private Task UntilReadyzAsync(string what, Func<bool, string, bool> holds) =>
        Task.WhenAll(_servers.Select(async server => await UntilReadyzAsync(await server, what, holds)));

    private static async Task UntilReadyzAsync(RunningServer server, string what, Func<bool, string, bool> holds)
    {
        using var client = server.Client();
        var report = "";
        try
        {
            await Patience.UntilAsync(
                async () =>
                {
                    using var answer = await client.GetAsync("/readyz");
                    report = await answer.Content.ReadAsStringAsync();
                    return holds(answer.IsSuccessStatusCode, report);
                },
                $"a server {what}");
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"{exception.Message} {report} {server.Process.Account}");
        }
    }

    private Task<RunningServer> ServeAsync() => Installation.ServeAsync(_settings);
}
