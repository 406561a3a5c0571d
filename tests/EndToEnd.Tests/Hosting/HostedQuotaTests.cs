using FunctionsApi.EndToEnd.Tests.Hosting.Double;

namespace FunctionsApi.EndToEnd.Tests.Hosting;

/// <summary>What the plan sells, though the handler is never told to stop.</summary>
public sealed class HostedQuotaTests : IAsyncDisposable
{
    private readonly Installation _installation = new();

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task Kills_under_load_admit_no_request_too_many()
    {
        const int limit = 1000;
        await _installation.ApplyPlansAsync(Plans.Sliding("1h", limit));
        var key = await _installation.CreateKeyAsync();
        var server = await _installation.ServeBehindHostAsync();
        await using var load = new HostedLoad(server, key, clients: 6);

        for (var kills = 0; kills < 2; kills++)
        {
            var (aim, handler) = (load.Admitted + 100, server.HandlerId());
            await load.UntilAsync(l => l.Admitted >= aim || l.Refused > 0, $"{aim} admissions");
            HostedServer.Kill(handler);
            await Patience.UntilAsync(() => Task.FromResult(server.HandlerId() != handler), "the next handler");
        }

        await load.UntilAsync(l => l.Refused >= 50, "50 refusals");
        await load.StopAsync();
        load.Admitted.ShouldBeInRange(limit / 4, limit);
    }

    [Fact]
    public async Task Unspent_leases_come_back_before_a_shutdown_that_the_handler_does_not_see()
    {
        var key = await _installation.CreateKeyAsync(inference: "enterprise");
        var server = await _installation.ServeBehindHostAsync();
        using (var client = server.Client(key))
            for (var n = 0; n < 10; n++)
                (await client.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        var other = await _installation.ServeAsync();
        using var otherClient = other.Client(key);

        // Another instance sees only what the ledger has: leases count as used there.
        await Patience.UntilAsync(async () => await otherClient.InferRemainingAsync() >= 990, "the leases to come back");

        server.Process.Stop();
        await server.Process.ExitAsync();
        (await otherClient.InferRemainingAsync()).ShouldBeInRange(990, 1000);
    }

    [Theory]
    [InlineData(nameof(HostMode.Proxying))]
    [InlineData(nameof(HostMode.Forwarding))]
    public async Task Whoever_guesses_keys_is_refused_whatever_address_he_claims(string mode)
    {
        var server = await _installation.ServeBehindHostAsync(Enum.Parse<HostMode>(mode));
        using var client = server.Client();

        for (var guess = 0; guess < 20; guess++)
            (await GuessAsync(client, guess)).ShouldBe(HttpStatusCode.Unauthorized);

        (await GuessAsync(client, 20)).ShouldBe(HttpStatusCode.TooManyRequests);
    }

    private static async Task<HttpStatusCode> GuessAsync(HttpClient client, int guess)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/infer");
        request.Headers.Authorization = new("Bearer", $"fa_{guess:d32}");
        request.Headers.Add("X-Forwarded-For", $"203.0.113.{guess}");
        using var answer = await client.SendAsync(request);
        return answer.StatusCode;
    }
}
