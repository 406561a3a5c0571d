namespace FunctionsApi.Alerts.Webhooks;

/// <summary>How a tenant's webhook has done lately.</summary>
internal sealed record WebhookState
{
    /// <summary>After so long without a success a webhook is disabled.</summary>
    public static readonly TimeSpan DisabledAfter = TimeSpan.FromDays(3);

    public static WebhookState Untried { get; } = new();

    /// <summary>When the first failure was that no success has followed; null: there is none.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>When it was disabled; null: it is not.</summary>
    public DateTimeOffset? DisabledSince { get; init; }

    public DateTimeOffset? LastDeliveredAt { get; init; }

    public DateTimeOffset? LastFailureAt { get; init; }

    /// <summary>A sentence for the tenant; it goes with <see cref="LastFailureAt"/>.</summary>
    public string? LastFailure { get; init; }

    /// <summary><c>untried</c>, <c>delivering</c>, <c>failing</c> or <c>disabled</c>.</summary>
    public string Name =>
        DisabledSince is not null ? "disabled"
        : FailingSince is not null ? "failing"
        : LastDeliveredAt is not null ? "delivering"
        : "untried";

    /// <summary>After a success, which enables it again where it was disabled.</summary>
    public WebhookState Delivered(DateTimeOffset now) => this with { FailingSince = null, DisabledSince = null, LastDeliveredAt = now };

    public WebhookState Failed(WebhookFailure failure, DateTimeOffset now)
    {
        var since = FailingSince ?? now;
        var isOver = failure.IsGone || now - since >= DisabledAfter;
        return this with
        {
            FailingSince = since,
            DisabledSince = DisabledSince ?? (isOver ? now : null),
            LastFailureAt = now,
            LastFailure = failure.Reason,
        };
    }

    /// <summary>As it is after it was set again or a test arrived: it is tried again, and for as long.</summary>
    public WebhookState Renewed() => this with { FailingSince = null, DisabledSince = null };
}

/// <param name="Reason">A sentence for the tenant.</param>
/// <param name="IsGone">The receiver has said that it wants no more.</param>
internal sealed record WebhookFailure(string Reason, bool IsGone = false);
