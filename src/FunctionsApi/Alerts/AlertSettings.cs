using System.Collections.Immutable;
using FunctionsApi.Alerts.Webhooks;

namespace FunctionsApi.Alerts;

/// <summary>What one tenant wants to be told of, and where.</summary>
/// <param name="Tenant">Whose.</param>
internal sealed record AlertSettings(string Tenant)
{
    /// <summary>At most so many.</summary>
    public const int MaxRules = 20;

    public ImmutableArray<AlertRule> Rules { get; init; } = [];

    /// <summary>Null: nobody is told anything.</summary>
    public Webhook? Webhook { get; init; }

    public DigestSettings Digest { get; init; } = new();
}

/// <summary>Whether there is a digest each day, and of what.</summary>
internal sealed record DigestSettings
{
    public const int MaxUnusedKeyDays = 90;

    public bool IsOn { get; init; }

    /// <summary>After how many days without a request a key is named: 1 to <see cref="MaxUnusedKeyDays"/>.</summary>
    public int UnusedKeyDays { get; init; } = 30;
}
