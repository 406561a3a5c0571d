using System.Collections.Immutable;

namespace FunctionsApi.Quotas.Policies;

/// <summary>
/// What a request to one endpoint costs: which policies of its set it passes and how many permits it takes from each.
/// Made once for each set and endpoint, and shared by all requests.
/// </summary>
/// <param name="policies">The set that <see cref="ChargeItem.Policy"/> points into.</param>
/// <param name="items">The policies of the request, in the set's order; permits of 0 show a policy and use none of it.</param>
public sealed class Charge(PolicySet policies, ImmutableArray<ChargeItem> items)
{
    private readonly Policy[] _policies = PoliciesOf(policies, items);

    public PolicySet Policies { get; } = policies;

    public ImmutableArray<ChargeItem> Items { get; } = items;

    /// <param name="item">A place in <see cref="Items"/>.</param>
    public Policy PolicyOf(int item) => _policies[item];

    /// <summary>
    /// What a request that weighs more, or may cost credits, costs: so many times the permits of every window; in flight it is still one.
    /// </summary>
    /// <param name="weight">1 or more.</param>
    /// <param name="credits">0 or more, which the policies that count credits take, whatever the weight is.</param>
    public Charge Times(int weight, int credits = 0) => weight == 1 && credits == 0 ? this : Multiplied(weight, credits);

    private static Policy[] PoliciesOf(PolicySet policies, ImmutableArray<ChargeItem> items)
    {
        var found = new Policy[items.Length];
        for (var i = 0; i < found.Length; i++)
            found[i] = policies.Policies[items[i].Policy];
        return found;
    }

    // Apart, because what the lambda captures would be allocated for weight 1 too.
    private Charge Multiplied(int weight, int credits) => new(Policies, [.. Items.Select((item, place) => PolicyOf(place) switch
    {
        { CountsCredits: true } => item with { Permits = credits },
        { Algorithm: Algorithm.Concurrency } => item,
        _ => item with { Permits = (int)Math.Min(int.MaxValue, (long)item.Permits * weight) },
    })]);
}

/// <param name="Policy">The policy's place in <see cref="PolicySet.Policies"/>.</param>
/// <param name="Permits">0 or more.</param>
public readonly record struct ChargeItem(int Policy, int Permits);
