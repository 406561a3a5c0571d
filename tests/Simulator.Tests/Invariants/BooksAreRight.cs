using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Simulator.Tests.Invariants;

/// <summary>
/// Once all is quiet, and where no instance took leases to its grave, the ledger counts what was admitted, neither more nor
/// less: nothing is charged twice, nothing is given back twice, and nothing is forgotten.
/// </summary>
internal sealed class BooksAreRight : Invariant
{
    public override IEnumerable<string> Broken(Run run)
    {
        if (run.Scenario.HasCrashes)
            yield break;
        foreach (var (partition, entity) in run.Books)
            foreach (var counter in entity.Counters)
            {
                var (place, policy) = run.Scenario.Policies.Policies.Index().First(pair => pair.Item.Name == counter.Policy);
                var given = Given(run, place).Where(pair => pair.Partition == partition).SelectMany(pair => pair.Given)
                    .Where(request => request.DecidedAt <= run.Settled).ToList();
                var broken = counter switch
                {
                    FixedWindowCounter window => Fixed(run, window, place, given),
                    SlidingWindowCounter window => Sliding(run, window, policy, place, given),
                    _ => null,
                };
                if (broken is not null)
                    yield return $"{partition}, {policy.Name}: {broken}";
            }
    }

    private static string? Fixed(Run run, FixedWindowCounter window, int place, List<Request> given)
    {
        if (window.WindowEnd <= run.Settled + Scenario.FastestClock)
            return null;
        var admitted = given.Where(request => request.Decision!.Value[request.ItemOf(place)].Reset == window.WindowEnd)
            .Sum(request => request.PermitsOf(place));
        // What a burst granted is not granted again to an operation that is repeated after it, and lost until the window ends.
        var mayLose = window.BurstOpened is not null && !run.Scenario.StoreKeepsUp;
        return admitted == window.Used || (mayLose && admitted < window.Used) ? null : $"{window.Used} permits on the books, {admitted} admitted";
    }

    private static string? Sliding(Run run, SlidingWindowCounter window, Policy policy, int place, List<Request> given)
    {
        var used = window.Buckets.Where(bucket => bucket.Last + policy.Window > run.Settled).Sum(bucket => bucket.Permits)
            + window.Leases.Where(lease => lease.Expires + policy.Window > run.Settled).Sum(lease => lease.Permits);
        var least = Admitted(policy.Window - run.Scenario.ClockSpread);
        // A report counts from when it arrives, and one that has to be repeated arrives late.
        var late = TimeSpan.FromSeconds(run.Scenario.StoreKeepsUp ? 2 : 8);
        var most = Admitted(policy.Window + run.Scenario.ClockSpread + late);
        return used >= least && used <= most ? null : $"{used} permits on the books, between {least} and {most} admitted";

        int Admitted(TimeSpan within) =>
            given.Where(request => request.DecidedAt + within > run.Settled).Sum(request => request.PermitsOf(place));
    }
}
