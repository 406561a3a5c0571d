namespace FunctionsApi.Alerts.Webhooks;

/// <summary>Where a tenant's alerts are sent.</summary>
/// <param name="Url">As <see cref="WebhookUrl"/> allows.</param>
/// <param name="Secret">What they are signed with.</param>
/// <param name="SecretCreatedAt">When the secret was made.</param>
internal sealed record Webhook(Uri Url, WebhookSecret Secret, DateTimeOffset SecretCreatedAt)
{
    /// <summary>For so long after a new secret was made the one before it signs as well, so that a receiver can change in peace.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromHours(24);

    /// <summary>The secret before; null where there is none.</summary>
    public WebhookSecret? Before { get; init; }

    public static Webhook At(Uri url, DateTimeOffset now) => new(url, WebhookSecret.Create(), now);

    public Webhook WithNewSecret(DateTimeOffset now) => this with { Secret = WebhookSecret.Create(), SecretCreatedAt = now, Before = Secret };

    /// <summary>The header <c>webhook-signature</c>: one signature by each secret that is good.</summary>
    public string Sign(string id, DateTimeOffset at, string body) => Before is { } before && at < SecretCreatedAt + Overlap
        ? $"{Secret.Sign(id, at, body)} {before.Sign(id, at, body)}"
        : Secret.Sign(id, at, body);
}
