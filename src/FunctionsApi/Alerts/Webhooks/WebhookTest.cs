using System.Text.Json;

namespace FunctionsApi.Alerts.Webhooks;

/// <summary>Sends a message that says only that it is a test, at once and once. A success enables a webhook that was disabled.</summary>
internal sealed class WebhookTest(WebhookStates states, WebhookSender sender, TimeProvider time)
{
    /// <returns>Why it was not delivered; null: it was.</returns>
    public async Task<WebhookFailure?> RunAsync(string tenant, Webhook webhook, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var body = JsonSerializer.Serialize(new("alerts.test", now, new(tenant)), AlertsJson.Default.AlertEventTestData);
        var message = new AlertMessage(tenant, AlertMessage.KeyOf(now, $"test|{Guid.NewGuid()}"), "alerts.test", body, now);
        var failure = await sender.TrySendAsync(webhook, message, cancellationToken);
        // A failed test says nothing about how long messages have failed.
        if (failure is null)
            await states.ChangeAsync(tenant, state => state.Delivered(now), cancellationToken);
        return failure;
    }
}
