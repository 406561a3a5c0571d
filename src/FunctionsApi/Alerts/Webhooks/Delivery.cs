using FunctionsApi.Storage;
using FunctionsApi.Telemetry;

namespace FunctionsApi.Alerts.Webhooks;

/// <summary>Sends what is due, and says what became of it.</summary>
internal sealed partial class Delivery(
    Outbox outbox, AlertTable alerts, WebhookStates states, WebhookSender sender, QuotaMetrics metrics, TimeProvider time, ILogger<Delivery> logger,
    Random? random = null)
{
    /// <summary>How long a claim holds: longer than an attempt takes. For so long a message of an instance that was killed waits.</summary>
    public static readonly TimeSpan ClaimLength = TimeSpan.FromMinutes(1);

    // A tenant whose receiver does not answer takes one of these for 10 s.
    private const int MaxTenantsAtOnce = 16;

    private readonly Random _random = random ?? Random.Shared;

    /// <exception cref="TableStoreException">The store could not be read or written; the next time goes on.</exception>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var due = await outbox.DueAsync(cancellationToken).ToListAsync(cancellationToken);
        await Parallel.ForEachAsync(
            due.GroupBy(open => open.Tenant),
            new ParallelOptions { MaxDegreeOfParallelism = MaxTenantsAtOnce, CancellationToken = cancellationToken },
            async (tenant, cancelled) =>
            {
                foreach (var open in tenant)
                    if (!await TryDeliverAsync(open, cancelled))
                        break;
            });
    }

    /// <returns>False where the receiver fails: the tenant's other messages wait for the next time.</returns>
    private async Task<bool> TryDeliverAsync(OpenMessage open, CancellationToken cancellationToken)
    {
        if (await outbox.TryClaimAsync(open, ClaimLength, cancellationToken) is not { } claimed)
            return true;
        var message = await outbox.FindAsync(claimed.Tenant, claimed.Key, cancellationToken);
        if (message is null or { IsClosed: true })
        {
            // A message that is missing may be about to be written: its row in AlertsOpen comes first.
            if (message is not null || claimed.CreatedAt + ClaimLength <= time.GetUtcNow())
                await outbox.ForgetAsync(claimed, cancellationToken);
            return true;
        }

        message = message with { Attempts = claimed.Attempts };
        var webhook = (await alerts.FindAsync(claimed.Tenant, cancellationToken))?.Settings.Webhook;
        if (webhook is null || (await states.ReadAsync(claimed.Tenant, cancellationToken)).DisabledSince is not null)
        {
            await GiveUpAsync(claimed, message, webhook is null ? "There is no webhook any more." : "The webhook is disabled.", cancellationToken);
            return true;
        }

        return await TrySendAsync(webhook, claimed, message, cancellationToken);
    }

    private async Task<bool> TrySendAsync(Webhook webhook, OpenMessage claimed, AlertMessage message, CancellationToken cancellationToken)
    {
        if (await sender.TrySendAsync(webhook, message, cancellationToken) is { } failure)
        {
            await FailAsync(webhook, claimed, message, failure, cancellationToken);
            return false;
        }

        metrics.WebhookTried("delivered");
        await outbox.CloseAsync(claimed, message with { DeliveredAt = time.GetUtcNow(), Failure = null }, cancellationToken);
        await NoteAsync(claimed.Tenant, webhook, state => state.Delivered(time.GetUtcNow()), cancellationToken);
        return true;
    }

    private async Task FailAsync(Webhook webhook, OpenMessage claimed, AlertMessage message, WebhookFailure failure, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var state = await NoteAsync(claimed.Tenant, webhook, before => before.Failed(failure, now), cancellationToken);
        if (state.DisabledSince is not null || now - message.CreatedAt >= WebhookState.DisabledAfter)
            await GiveUpAsync(claimed, message, failure.Reason, cancellationToken);
        else
            await PutOffAsync(claimed, message with { Failure = failure.Reason }, now, cancellationToken);
    }

    private Task PutOffAsync(OpenMessage claimed, AlertMessage message, DateTimeOffset now, CancellationToken cancellationToken)
    {
        metrics.WebhookTried("failed");
        return outbox.PutOffAsync(claimed, message, now + RetryPauses.After(claimed.Attempts, _random), cancellationToken);
    }

    private Task GiveUpAsync(OpenMessage claimed, AlertMessage message, string reason, CancellationToken cancellationToken)
    {
        metrics.WebhookTried("given_up");
        return outbox.CloseAsync(claimed, message with { GivenUpAt = time.GetUtcNow(), Failure = reason }, cancellationToken);
    }

    private async Task<WebhookState> NoteAsync(
        string tenant, Webhook webhook, Func<WebhookState, WebhookState> change, CancellationToken cancellationToken)
    {
        var (before, after) = await states.ChangeAsync(tenant, change, cancellationToken);
        // The rest of a URL may be as secret as a password.
        if (before.DisabledSince is null && after.DisabledSince is not null)
            Log.Disabled(logger, tenant, webhook.Url.Host, after.LastFailure);
        return after;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The webhook of tenant {Tenant} at {Host} is disabled until the tenant sets it again or a test reaches it. {Reason}")]
        public static partial void Disabled(ILogger logger, string tenant, string host, string? reason);
    }
}
