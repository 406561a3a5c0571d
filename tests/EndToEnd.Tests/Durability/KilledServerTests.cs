using System.Diagnostics;

namespace FunctionsApi.EndToEnd.Tests.Durability;

public sealed class KilledServerTests : IAsyncDisposable
{
    private readonly Installation _installation = new();

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task After_a_kill_the_permits_that_were_left_are_admitted_and_no_more()
    {
        var key = await _installation.CreateKeyAsync(inference: "pro");
        var window = Stopwatch.StartNew();
        var server = await _installation.ServeAsync();
        (await AdmittedAsync(server, key, requests: 100)).ShouldBe(100);

        await server.Process.KillAsync();
        server = await _installation.ServeAsync();
        var more = await AdmittedAsync(server, key, requests: 40);

        window.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60), "This machine is too slow: the first window is over.");
        more.ShouldBeInRange(15, 20);
    }

    [Fact]
    public async Task Kills_under_load_admit_no_request_too_many()
    {
        const int limit = 3000;
        await _installation.ApplyPlansAsync(Plans.Sliding("1h", limit));
        var key = await _installation.CreateKeyAsync();
        var server = _installation.ServeAsync();
        await using var hammer = new Hammer(key, clients: 8, () => server);

        for (var kills = 0; kills < 4; kills++)
        {
            var aim = hammer.Admitted + 200;
            await hammer.UntilAsync(h => h.Admitted >= aim || h.Refused > 0, $"{aim} admissions");
            server = RestartAsync(await server);
        }

        await hammer.UntilAsync(h => h.Refused >= 100, "100 refusals");
        await hammer.StopAsync();
        // A kill loses the lease in hand, which is a fraction of what was left.
        hammer.Admitted.ShouldBeInRange(limit / 3, limit);
    }

    private async Task<RunningServer> RestartAsync(RunningServer server)
    {
        await server.Process.KillAsync();
        return await _installation.ServeAsync();
    }

    private static async Task<int> AdmittedAsync(RunningServer server, ApiKey key, int requests)
    {
        using var client = server.Client(key);
        var admitted = 0;
        for (var request = 0; request < requests; request++)
        {
            using var answer = await client.InferAsync();
            admitted += answer.IsSuccessStatusCode ? 1 : 0;
        }

        return admitted;
    }
}
