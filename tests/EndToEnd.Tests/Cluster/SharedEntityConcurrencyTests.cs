namespace FunctionsApi.EndToEnd.Tests.Cluster;

/// <summary>Permits in flight whose counters are in a durable entity, behind a Functions host. The model behind it counts.</summary>
[Collection(ClusterCollection.Name)]
public sealed class SharedEntityConcurrencyTests : IAsyncLifetime
{
    private const int Limit = 6;

    /// <summary>A lease lasts 15 s; the rest is for a busy machine.</summary>
    private static readonly TimeSpan UntilBack = TimeSpan.FromSeconds(120);

    private SlowModel _model = null!;
    private EntityCluster _cluster = null!;

    public async ValueTask InitializeAsync()
    {
        _model = await SlowModel.StartAsync();
        _cluster = await EntityCluster.StartAsync(1, Plans.Concurrency(Limit));
        await _cluster.Installation.DeployAsync("slow", _model.Address, "--timeout", "60s");
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
        if (_model is not null)
            await _model.DisposeAsync();
    }

    [Fact]
    public async Task A_host_with_a_new_task_hub_gets_ready_and_the_first_request_of_its_worker_is_served()
    {
        using var client = await _cluster.Clients(await _cluster.Installation.CreateKeyAsync(), 1).Single()();
        await Patience.UntilAsync(async () => (await client.GetAsync("/readyz")).StatusCode == HttpStatusCode.OK, "the hub to answer");

        (await client.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task What_a_killed_worker_held_comes_back_and_is_never_held_twice()
    {
        var key = await _cluster.Installation.CreateKeyAsync();
        using var client = await _cluster.Clients(key, 1).Single()();
        _model.StartCounting();
        _model.Holds = true;
        var asked = new List<Task>();
        await AskUntilAllIsHeldAsync(client, asked);

        await _cluster.KillWorkerAsync(0);
        await Patience.UntilAsync(() => Task.FromResult(_model.InFlight == 0), "the model to notice");
        await AskUntilAllIsHeldAsync(client, asked);

        _model.Holds = false;
        await Patience.WaitAsync(Task.WhenAll(asked), "every answer");
        _model.MostInFlight.ShouldBe(Limit);
    }

    /// <summary>Asks for more than there is; those that get nothing ask again.</summary>
    private Task AskUntilAllIsHeldAsync(HttpClient client, List<Task> asked) => Patience.UntilAsync(
        () =>
        {
            asked.RemoveAll(task => task.IsCompleted);
            while (asked.Count < Limit + 2)
                asked.Add(AskAsync(client));
            return Task.FromResult(_model.InFlight == Limit);
        },
        "all permits to be held",
        UntilBack);

    private static async Task AskAsync(HttpClient client)
    {
        try
        {
            using var answer = await client.InferAsync("slow");
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            // Its worker was killed, or it was held for longer than a client waits.
        }
    }
}
