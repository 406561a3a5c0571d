using System.Text.Json;

namespace FunctionsApi.EndToEnd.Tests.Alerts;

/// <summary>Alerts of real processes, taken by a server that verifies them as a customer's does.</summary>
public sealed class AlertTests : IAsyncDisposable
{
    private static readonly (string, string) Loopback = ("Crawl__AllowPrivateAddresses", "true");

    private readonly Installation _installation = new();

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task What_two_servers_serve_is_told_once_signed_and_again_where_the_receiver_failed()
    {
        await _installation.ApplyPlansAsync(Plans.Fixed("1d", limit: 20));
        var key = await _installation.CreateKeyAsync();
        await using var receiver = await WebhookServer.StartAsync();
        var set = await _installation.AskAsync(Loopback, "alerts", "set", "--tenant", "acme", "--url", receiver.Url, "--rule", "inference/requests=25");
        receiver.Secret = set.GetProperty("webhook").GetProperty("secret").GetString()!;
        receiver.Failures = 1;
        var (first, second) = (await _installation.ServeAsync(Loopback), await _installation.ServeAsync(Loopback));

        using var here = first.Client(key);
        using var there = second.Client(key);
        var message = receiver.NextAsync();
        await SpendUntilAsync(message, here, there);

        var failed = await message;
        var taken = await receiver.NextAsync();
        taken.ShouldBe(failed);
        var data = JsonElement.Parse(taken.Body).GetProperty("data");
        data.GetProperty("partition").GetString().ShouldBe("user:acme/alice");
        data.GetProperty("limit").GetInt32().ShouldBe(20);
        data.GetProperty("remaining").GetInt32().ShouldBeLessThanOrEqualTo(5);

        await Patience.UntilAsync(async () => (await RecentAsync()).TryGetProperty("deliveredAt", out _), "the message to be delivered");
        (await RecentAsync()).GetProperty("attempts").GetInt32().ShouldBe(2);
        (await RecentAsync()).GetProperty("id").GetString().ShouldBe(taken.Id);
    }

    [Fact]
    public async Task What_a_killed_server_has_not_sent_another_sends()
    {
        await _installation.ApplyPlansAsync(Plans.Fixed("1d", limit: 2));
        var key = await _installation.CreateKeyAsync();
        await using var receiver = await WebhookServer.StartAsync();
        var set = await _installation.AskAsync(Loopback, "alerts", "set", "--tenant", "acme", "--url", receiver.Url, "--rule", "inference/requests=50");
        receiver.Secret = set.GetProperty("webhook").GetProperty("secret").GetString()!;
        receiver.Failures = 1;
        var server = await _installation.ServeAsync(Loopback);
        using (var client = server.Client(key))
            await SpendUntilAsync(receiver.NextAsync(), client);
        await Patience.UntilAsync(async () => (await RecentAsync()).TryGetProperty("failure", out _), "the failure to be noted");

        await server.Process.KillAsync();
        var again = receiver.NextAsync();
        await _installation.ServeAsync(Loopback);

        (await again).Body.ShouldContain("\"quota.remaining.low\"");
    }

    /// <summary>Sends requests, at first within the limit and then beyond it: servers follow what was set within some seconds.</summary>
    private static async Task SpendUntilAsync(Task<(string Id, string Body)> message, params HttpClient[] clients)
    {
        var next = 0;
        await Patience.UntilAsync(
            async () =>
            {
                (await clients[next++ % clients.Length].InferAsync()).Dispose();
                return message.IsCompleted;
            },
            "a message");
    }

    private async Task<JsonElement> RecentAsync() =>
        (await _installation.AskAsync("alerts", "list", "--tenant", "acme"))[0].GetProperty("recent").EnumerateArray().ShouldHaveSingleItem();
}
