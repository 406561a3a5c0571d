using System.Net.Http.Json;
using System.Text.Json;
using FunctionsApi.EndToEnd.Tests.Alerts;

namespace FunctionsApi.EndToEnd.Tests.Hosting;

/// <summary>Alerts of a worker behind the Functions host.</summary>
public sealed class HostedAlertTests : IAsyncDisposable
{
    private readonly Installation _installation = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task A_message_that_failed_is_sent_again_when_the_timer_goes_off()
    {
        await _installation.ApplyPlansAsync(Plans.Fixed("1d", limit: 2));
        var key = await _installation.CreateKeyAsync();
        await using var receiver = await WebhookServer.StartAsync();
        await using var host = await _installation.ServeBehindHostAsync(("Crawl__AllowPrivateAddresses", "true"));
        using var client = host.Client(key);
        using (var set = await client.PutAsync("/api/v1/alerts", JsonContent.Create(new
        {
            rules = new[] { new { api = "inference", policy = "requests", remainingPercent = 50 } },
            webhook = new { url = receiver.Url },
        }), Cancel))
        {
            set.StatusCode.ShouldBe(HttpStatusCode.OK);
            receiver.Secret = (await set.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("webhook").GetProperty("secret").GetString()!;
        }

        receiver.Failures = 1;
        var message = receiver.NextAsync();
        await Patience.UntilAsync(
            async () =>
            {
                (await client.InferAsync()).Dispose();
                return message.IsCompleted;
            },
            "a message");
        var again = receiver.NextAsync();
        await Patience.UntilAsync(
            async () =>
            {
                (await host.FireTimerAsync("alerts", cancellationToken: Cancel)).Succeeded.ShouldBeTrue();
                return again.IsCompleted;
            },
            "the message again");

        (await again).ShouldBe(await message);
    }
}
