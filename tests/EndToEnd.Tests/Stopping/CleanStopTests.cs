using System.Diagnostics;

namespace FunctionsApi.EndToEnd.Tests.Stopping;

public sealed class CleanStopTests : IAsyncDisposable
{
    private readonly Installation _installation = new();

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task Whatever_was_answered_before_a_stop_is_in_the_usage_after_it()
    {
        var key = await _installation.CreateKeyAsync(inference: "team");
        var server = await _installation.ServeAsync();
        using (var client = server.Client(key))
            foreach (var admitted in await Task.WhenAll(Enumerable.Range(0, 250).Select(_ => client.InferAsync())))
                admitted.StatusCode.ShouldBe(HttpStatusCode.OK);

        await StopAsync(server);

        (await AdmittedAsync()).ShouldBe(250);
    }

    [Fact]
    public async Task A_stop_under_load_loses_no_answered_request()
    {
        await _installation.ApplyPlansAsync(Plans.Sliding("1h", limit: 1_000_000));
        var key = await _installation.CreateKeyAsync();
        var server = await _installation.ServeAsync();
        var open = Task.FromResult(server);
        await using var hammer = new Hammer(key, clients: 4, () => open);
        await hammer.UntilAsync(h => h.Admitted >= 100, "100 admissions");

        open = Task.FromException<RunningServer>(new HttpRequestException("No server follows."));
        await StopAsync(server);

        // An answer that was lost on its way was counted by the server alone.
        (await AdmittedAsync()).ShouldBeInRange(hammer.Admitted, hammer.Admitted + 4);
    }

    private async Task StopAsync(RunningServer server)
    {
        var since = Stopwatch.GetTimestamp();
        server.Process.Stop();
        (await server.Process.ExitAsync()).ShouldBe(0, server.Process.Account);
        Stopwatch.GetElapsedTime(since).ShouldBeLessThan(TimeSpan.FromSeconds(10));
    }

    private async Task<long> AdmittedAsync()
    {
        var usage = await _installation.AskAsync("usage", "--tenant", "acme");
        return usage.GetProperty("totals").EnumerateArray().Single().GetProperty("admitted").GetInt64();
    }
}
