namespace FunctionsApi.Alerts;

/// <summary>What a webhook says, as Standard Webhooks advises: what happened, when, and about what.</summary>
/// <param name="Type">What happened.</param>
/// <param name="Timestamp">When.</param>
/// <param name="Data">About what.</param>
internal sealed record AlertEvent<T>(string Type, DateTimeOffset Timestamp, T Data);

/// <summary>Of <c>alerts.test</c>.</summary>
internal sealed record TestData(string Tenant);

/// <summary>Of <c>quota.remaining.low</c>.</summary>
/// <param name="Tenant">Whose quota.</param>
/// <param name="Api"><c>inference</c> or <c>agents</c>.</param>
/// <param name="Plan">The plan that the limit is of.</param>
/// <param name="Policy">The policy's name.</param>
/// <param name="Partition">Whose counter: <c>user:acme/alice</c>, <c>key:</c> and a key's id, or <c>tenant:acme</c>.</param>
/// <param name="Limit">The policy's.</param>
/// <param name="Remaining">Permits that were left when it was noticed.</param>
/// <param name="RemainingPercent">The rule's threshold.</param>
/// <param name="Reset">When permits come back, as the header <c>X-RateLimit-Reset</c> would say it then.</param>
internal sealed record RemainingLowData(
    string Tenant, string Api, string Plan, string Policy, string Partition, int Limit, int Remaining, int RemainingPercent, DateTimeOffset Reset);

/// <summary>Of <c>usage.digest</c>: one UTC day.</summary>
/// <param name="Tenant">Whose.</param>
/// <param name="From">The day's start.</param>
/// <param name="To">The day's end.</param>
/// <param name="Admitted">Requests within quota.</param>
/// <param name="Refused">Requests that a policy refused.</param>
/// <param name="Credits">LLM credits.</param>
/// <param name="Lines">What deserves a look; may be empty.</param>
internal sealed record DigestData(
    string Tenant, DateTimeOffset From, DateTimeOffset To, long Admitted, long Refused, long Credits, IReadOnlyList<DigestLine> Lines);

/// <param name="Kind"><c>refusals.rising</c>, <c>key.unused</c> or <c>key.unknown</c>.</param>
/// <param name="Text">A sentence.</param>
internal sealed record DigestLine(string Kind, string Text)
{
    /// <summary>Of <c>refusals.rising</c>: which API.</summary>
    public string? Api { get; init; }

    /// <summary>Of <c>refusals.rising</c>: which policy.</summary>
    public string? Policy { get; init; }

    /// <summary>Of <c>refusals.rising</c>: refusals on that day.</summary>
    public long? Refused { get; init; }

    /// <summary>Of <c>refusals.rising</c>: refusals a day in the week before, on average and rounded.</summary>
    public long? RefusedBefore { get; init; }

    /// <summary>Of <c>key.unused</c>: the key's id.</summary>
    public string? Key { get; init; }

    /// <summary>Of <c>key.unused</c>: for how many days at least.</summary>
    public int? UnusedDays { get; init; }
}
