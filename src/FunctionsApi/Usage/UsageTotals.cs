using System.Collections.Immutable;

namespace FunctionsApi.Usage;

/// <summary>How often something happened.</summary>
internal sealed record UsageTotals
{
    public static ImmutableSortedDictionary<string, long> NoPolicies { get; } =
        ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal);

    public static UsageTotals Zero { get; } = new();

    /// <summary>Requests that were within quota, whatever they were answered then.</summary>
    public long Admitted { get; init; }

    /// <summary>Requests that a policy refused.</summary>
    public long Refused => RefusedBy.Values.Sum();

    /// <summary>The same by the policy that refused, which is one for each request; one that refused none is left out.</summary>
    public ImmutableSortedDictionary<string, long> RefusedBy { get; init; } = NoPolicies;

    /// <summary>Requests that got no decision because the ledger could not be asked.</summary>
    public long Unavailable { get; init; }

    /// <summary>Answers of 400 to 499, refusals not among them.</summary>
    public long ClientErrors { get; init; }

    /// <summary>Answers of 500 to 599, but for those that are <see cref="Unavailable"/>.</summary>
    public long ServerErrors { get; init; }

    /// <summary>What the admitted requests weighed together.</summary>
    public long Permits { get; init; }

    /// <summary>LLM credits.</summary>
    public long Credits { get; init; }

    /// <summary>How often each shadow policy would have refused a request; one that never would have is left out.</summary>
    public ImmutableSortedDictionary<string, long> ShadowRefused { get; init; } = NoPolicies;

    public static UsageTotals operator +(UsageTotals a, UsageTotals b) => new()
    {
        Admitted = a.Admitted + b.Admitted,
        RefusedBy = Sum(a.RefusedBy, b.RefusedBy),
        Unavailable = a.Unavailable + b.Unavailable,
        ClientErrors = a.ClientErrors + b.ClientErrors,
        ServerErrors = a.ServerErrors + b.ServerErrors,
        Permits = a.Permits + b.Permits,
        Credits = a.Credits + b.Credits,
        ShadowRefused = Sum(a.ShadowRefused, b.ShadowRefused),
    };

    private static ImmutableSortedDictionary<string, long> Sum(ImmutableSortedDictionary<string, long> a, ImmutableSortedDictionary<string, long> b) =>
        b.Aggregate(a, (sum, policy) => sum.SetItem(policy.Key, sum.GetValueOrDefault(policy.Key) + policy.Value));
}
