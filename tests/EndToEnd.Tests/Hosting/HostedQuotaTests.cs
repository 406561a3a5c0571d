namespace FunctionsApi.EndToEnd.Tests.Hosting;

/// <summary>What the plan sells, however the worker ends.</summary>
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
        await using var host = await _installation.ServeBehindHostAsync();
        await using var load = new HostedLoad(host, key, clients: 6);

        for (var kills = 0; kills < 2; kills++)
        {
            var aim = load.Admitted + 100;
            await load.UntilAsync(l => l.Admitted >= aim || l.Refused > 0, $"{aim} admissions");
            await host.Worker.KillAsync();
        }

        await load.UntilAsync(l => l.Refused >= 50, "50 refusals");
        await load.StopAsync();
        load.Admitted.ShouldBeInRange(limit / 4, limit);
    }

    [Fact]
    public async Task Unspent_leases_come_back_when_the_host_stops()
    {
        var key = await _installation.CreateKeyAsync(inference: "enterprise");
        await using var host = await _installation.ServeBehindHostAsync();
        using (var client = host.Client(key))
            for (var n = 0; n < 10; n++)
                (await client.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);

        await host.StopAsync();

        var other = await _installation.ServeAsync();
        using var otherClient = other.Client(key);
        (await otherClient.InferRemainingAsync()).ShouldBeInRange(990, 1000);
        var usage = await _installation.AskAsync("usage", "--tenant", "acme");
        usage.GetProperty("totals").EnumerateArray().Single().GetProperty("admitted").GetInt64().ShouldBe(10);
    }

    [Fact]
    public async Task A_caller_who_guesses_keys_is_refused_whatever_address_he_claims()
    {
        await using var host = await _installation.ServeBehindHostAsync();
        using var client = host.Client();

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
