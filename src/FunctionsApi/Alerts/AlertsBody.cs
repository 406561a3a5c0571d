using System.Collections.Immutable;
using System.Text.Json;
using FunctionsApi.Alerts.Webhooks;
using FunctionsApi.Api;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Settings;

namespace FunctionsApi.Alerts;

/// <summary>What a request wants a tenant's alerts to be.</summary>
/// <param name="Rules">All of them.</param>
/// <param name="Url">Where to; null: nowhere.</param>
/// <param name="WantsNewSecret">Whether a webhook that there is gets another secret.</param>
/// <param name="Digest">Whether there is one each day.</param>
internal sealed record AlertsBody(ImmutableArray<AlertRule> Rules, Uri? Url, bool WantsNewSecret, DigestSettings Digest)
{
    /// <exception cref="ApiException">400: something of it cannot be.</exception>
    public static AlertsBody Read(JsonElement json, PlanCatalog plans, CrawlOptions options)
    {
        RequireObject(json, "The body", ["rules", "webhook", "digest"]);
        var rules = RulesOf(json);
        if (AlertRules.Mistake(rules, plans) is { } mistake)
            throw Invalid(mistake);
        var webhook = Member(json, "webhook");
        if (webhook is { } given)
            RequireObject(given, "'webhook'", ["url", "newSecret"]);
        return new(rules, webhook is { } some ? UrlOf(some, options) : null, webhook is { } one && Flag(one, "newSecret"), DigestOf(json));
    }

    /// <summary>What there is, changed to this.</summary>
    public AlertSettings Applied(AlertSettings before, DateTimeOffset now) => before with
    {
        Rules = Rules,
        Digest = Digest,
        Webhook = (Url, before.Webhook) switch
        {
            (null, _) => null,
            (var url, null) => Webhook.At(url, now),
            (var url, var webhook) => (WantsNewSecret ? webhook.WithNewSecret(now) : webhook) with { Url = url },
        },
    };

    private static ImmutableArray<AlertRule> RulesOf(JsonElement json)
    {
        if (Member(json, "rules") is not { } rules)
            return [];
        if (rules.ValueKind != JsonValueKind.Array)
            throw Invalid("'rules' must be an array.");
        if (rules.GetArrayLength() > AlertSettings.MaxRules)
            throw Invalid($"There can be at most {AlertSettings.MaxRules} rules.");
        return [.. rules.EnumerateArray().Select(RuleOf)];
    }

    private static AlertRule RuleOf(JsonElement rule)
    {
        RequireObject(rule, "A rule", ["api", "policy", "remainingPercent"]);
        return new(
            Apis.Find(Text(rule, "api")) ?? throw Invalid("A rule's 'api' is 'inference' or 'agents'."),
            Text(rule, "policy"),
            Number(rule, "remainingPercent", 0, AlertRule.MaxPercent) ?? throw Invalid("A rule's 'remainingPercent' is missing."));
    }

    private static Uri UrlOf(JsonElement webhook, CrawlOptions options) =>
        WebhookUrl.Mistake(Text(webhook, "url"), options, out var url) is { } mistake ? throw new ApiException(400, "invalid_url", $"'url' {mistake}.") : url;

    private static DigestSettings DigestOf(JsonElement json)
    {
        if (Member(json, "digest") is not { } digest)
            return new();
        RequireObject(digest, "'digest'", ["enabled", "unusedKeyDays"]);
        var defaults = new DigestSettings();
        return new()
        {
            IsOn = Flag(digest, "enabled"),
            UnusedKeyDays = Number(digest, "unusedKeyDays", 1, DigestSettings.MaxUnusedKeyDays) ?? defaults.UnusedKeyDays,
        };
    }

    // What is misspelt would silently be off.
    private static void RequireObject(JsonElement json, string what, string[] members)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw Invalid($"{what} must be a JSON object.");
        if (json.EnumerateObject().FirstOrDefault(member => !members.Contains(member.Name)) is { Value.ValueKind: not JsonValueKind.Undefined })
            throw Invalid($"{what} has members {string.Join(", ", members.Select(name => $"'{name}'"))}, and no others.");
    }

    private static JsonElement? Member(JsonElement json, string name) =>
        json.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;

    private static string Text(JsonElement json, string name)
    {
        if (Member(json, name) is not { } member)
            throw Invalid($"'{name}' is missing.");
        return member.ValueKind == JsonValueKind.String && TryRead(member) is { Length: > 0 } text ? text : throw Invalid($"'{name}' must be a string.");
    }

    // JSON's grammar lets half of a surrogate pair pass.
    private static string? TryRead(JsonElement text)
    {
        try
        {
            return text.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static bool Flag(JsonElement json, string name) => Member(json, name) switch
    {
        null => false,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Invalid($"'{name}' must be true or false."),
    };

    private static int? Number(JsonElement json, string name, int min, int max)
    {
        if (Member(json, name) is not { } member)
            return null;
        return member.ValueKind == JsonValueKind.Number && member.TryGetInt32(out var number) && number >= min && number <= max
            ? number
            : throw Invalid($"'{name}' must be a whole number from {min} to {max}.");
    }

    private static ApiException Invalid(string message) => new(400, "invalid_request", message);
}
