using FunctionsApi.Alerts.Webhooks;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Alerts;

/// <summary>A tenant's alerts, as the API and the command line show them.</summary>
/// <param name="Tenant">Whose.</param>
/// <param name="Rules">In the order they were given.</param>
/// <param name="Webhook">Left out where there is none.</param>
/// <param name="Digest">Whether there is one each day.</param>
/// <param name="Recent">The latest messages, newest first.</param>
internal sealed record AlertsAnswer(
    string Tenant, IReadOnlyList<RuleShape> Rules, WebhookShape? Webhook, DigestShape Digest, IReadOnlyList<MessageShape> Recent)
{
    private const int MostRecent = 20;

    /// <param name="settings">What the tenant has set.</param>
    /// <param name="state">How its webhook does.</param>
    /// <param name="messages">In any order.</param>
    /// <param name="showSecret">It was made just now, and is shown this once.</param>
    public static AlertsAnswer Of(AlertSettings settings, WebhookState state, IEnumerable<AlertMessage> messages, bool showSecret = false) => new(
        settings.Tenant,
        [.. settings.Rules.Select(RuleShape.Of)],
        settings.Webhook is { } webhook ? WebhookShape.Of(webhook, state, showSecret) : null,
        new(settings.Digest.IsOn, settings.Digest.UnusedKeyDays),
        [.. messages.OrderByDescending(message => message.CreatedAt).Take(MostRecent).Select(MessageShape.Of)]);
}

/// <inheritdoc cref="AlertRule"/>
internal sealed record RuleShape(string Api, string Policy, int RemainingPercent)
{
    public static RuleShape Of(AlertRule rule) => new(rule.Api.Name(), rule.Policy, rule.RemainingPercent);

    public AlertRule ToRule() => new(Apis.Find(Api)!.Value, Policy, RemainingPercent);
}

/// <param name="Url">Where messages are sent.</param>
/// <param name="State">As <see cref="WebhookState.Name"/>.</param>
/// <param name="SecretCreatedAt">When the secret was made.</param>
internal sealed record WebhookShape(string Url, string State, DateTimeOffset SecretCreatedAt)
{
    /// <summary>Left out but in the one answer to the request that made it.</summary>
    public string? Secret { get; init; }

    public DateTimeOffset? FailingSince { get; init; }

    public DateTimeOffset? DisabledSince { get; init; }

    public DateTimeOffset? LastDeliveredAt { get; init; }

    public DateTimeOffset? LastFailureAt { get; init; }

    public string? LastFailure { get; init; }

    public static WebhookShape Of(Webhook webhook, WebhookState state, bool showSecret) => new(webhook.Url.AbsoluteUri, state.Name, webhook.SecretCreatedAt)
    {
        Secret = showSecret ? webhook.Secret.Reveal() : null,
        FailingSince = state.FailingSince,
        DisabledSince = state.DisabledSince,
        LastDeliveredAt = state.LastDeliveredAt,
        LastFailureAt = state.LastFailureAt,
        LastFailure = state.LastFailure,
    };
}

/// <inheritdoc cref="DigestSettings"/>
internal sealed record DigestShape(bool Enabled, int UnusedKeyDays);

/// <inheritdoc cref="AlertMessage"/>
internal sealed record MessageShape(string Id, string Type, DateTimeOffset CreatedAt, int Attempts)
{
    public DateTimeOffset? DeliveredAt { get; init; }

    public DateTimeOffset? GivenUpAt { get; init; }

    public string? Failure { get; init; }

    public static MessageShape Of(AlertMessage message) => new(message.Id, message.Type, message.CreatedAt, message.Attempts)
    {
        DeliveredAt = message.DeliveredAt,
        GivenUpAt = message.GivenUpAt,
        Failure = message.Failure,
    };
}

/// <param name="Delivered">Whether the receiver took it.</param>
/// <param name="Failure">Why it did not; left out where it did.</param>
internal sealed record TestAnswer(bool Delivered, string? Failure);
