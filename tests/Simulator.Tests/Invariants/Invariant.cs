using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Simulator.Tests.Invariants;

/// <summary>Something that is promised of every run.</summary>
internal abstract class Invariant
{
    /// <summary>Those that hold whatever the ledger stands on.</summary>
    public static IReadOnlyList<Invariant> OfAnyLedger { get; } =
    [
        new FixedWindowsSellTheirLimit(),
        new SlidingWindowsSellTheirLimit(),
        new RequestsInFlightAreCovered(),
        new OverdraftsAreBounded(),
        new WholeLimitsComeBack(),
        new NothingHangs(),
    ];

    /// <summary>And those of rows, or of a ledger that answers at once.</summary>
    public static IReadOnlyList<Invariant> All { get; } =
    [
        .. OfAnyLedger,
        new BooksAreRight(),
        new PatienceIsRewarded(),
        new FiguresDoNotFlatter(),
        new RequestsToTheStoreAreFew(),
        new AStoreThatIsWellIsNotTakenForAway(),
    ];

    /// <returns>How it was broken; nothing where it was kept.</returns>
    public abstract IEnumerable<string> Broken(Run run);

    /// <summary>What was given of one policy to one partition, in order of time.</summary>
    protected static IEnumerable<(string Partition, List<Request> Given)> Given(Run run, int policy) =>
        from request in run.History.Admitted
        where request.PermitsOf(policy) > 0
        orderby request.DecidedAt
        group request by request.Partition into given
        select (given.Key, given.ToList());

    /// <summary>The policies that hold; a shadow policy that the ledger cannot be asked about refuses nobody.</summary>
    protected static IEnumerable<(int Place, Policy Policy)> Policies(Run run, Algorithm algorithm) =>
        run.Scenario.Policies.Policies.Index()
            .Where(pair => pair.Item.Algorithm == algorithm && !(pair.Item.Shadow && run.History.HadOverdrafts));

    /// <summary>The most permits that any stretch of time so long saw.</summary>
    protected static int MostWithin(List<Request> given, int policy, TimeSpan length)
    {
        var (most, sum, first) = (0, 0, 0);
        if (length <= TimeSpan.Zero)
            return 0;
        foreach (var request in given)
        {
            sum += request.PermitsOf(policy);
            for (; given[first].DecidedAt + length <= request.DecidedAt; first++)
                sum -= given[first].PermitsOf(policy);
            most = Math.Max(most, sum);
        }
        return most;
    }
}
