using FunctionsApi.TestKit.Hosting.Workers;

namespace FunctionsApi.EndToEnd.Tests.Hosting;

/// <summary>Starts and ends under the Functions host.</summary>
public sealed class HostedStartTests : IAsyncDisposable
{
    private readonly Installation _installation = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task In_a_function_app_in_Azure_a_file_is_refused_and_the_store_is_named_that_is_not()
    {
        var lost = await Should.ThrowAsync<WorkerLostException>(_installation.ServeBehindHostAsync(("WEBSITE_SITE_NAME", "acme-api")));
        lost.Message.ShouldContain("Storage__Provider is not 'tables', and this is the function app 'acme-api' in Azure");
    }

    [Fact]
    public async Task A_store_that_is_not_there_is_said_until_the_host_gives_up()
    {
        var lost = await Should.ThrowAsync<WorkerLostException>(_installation.ServeBehindHostAsync(("Storage__Path", "/proc/functionsapi.db")));
        lost.Message.ShouldStartWith("The worker ended with 1.");
        lost.Message.ShouldContain("'/proc/functionsapi.db' cannot be made.");
    }

    [Fact]
    public async Task While_storage_is_away_clients_wait_and_are_answered_when_it_is_back()
    {
        await using var azurite = await Azurite.StartAsync();
        await azurite.StopAsync();
        await using var host = await _installation.ServeBehindHostAsync(HostedWorker.Sample(azurite));
        using var client = host.Client();
        (await client.GetAsync("/healthz", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        var answer = client.GetAsync("/readyz", Cancel);

        await azurite.RestartAsync();

        // Within 10 s it is answered, and otherwise told to come back.
        (await answer).StatusCode.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable);
        await Patience.UntilAsync(async () => (await client.GetAsync("/readyz", Cancel)).StatusCode == HttpStatusCode.OK, "the worker to be ready");
        host.Worker.Restarts.ShouldBe(0);
    }

    [Fact]
    public async Task A_worker_that_is_killed_is_replaced()
    {
        await using var host = await _installation.ServeBehindHostAsync();
        using var client = host.Client(await _installation.CreateKeyAsync());
        var first = host.Worker.ProcessId;

        await host.Worker.KillAsync();

        (await client.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        host.Worker.ProcessId.ShouldNotBe(first);
    }

    [Fact]
    public async Task A_worker_that_is_told_to_stop_while_the_host_serves_does_not_end_with_0()
    {
        await using var host = await _installation.ServeBehindHostAsync();
        var exit = host.Worker.Exit;

        ChildProcess.Stop(host.Worker.ProcessId);

        (await Patience.WaitAsync(exit, "the worker's end")).ShouldBe(1);
    }
}
