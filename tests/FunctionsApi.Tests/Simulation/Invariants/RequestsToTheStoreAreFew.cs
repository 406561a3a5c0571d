using FunctionsApi.Quotas;

namespace FunctionsApi.Tests.Simulation.Invariants;

/// <summary>
/// An instance that found the ledger away sends few requests until it is back: one try at a time, with growing pauses, and
/// what was on its way already.
/// </summary>
internal sealed class RequestsToTheStoreAreFew : Invariant
{
    public override IEnumerable<string> Broken(Run run)
    {
        foreach (var own in run.History.Events.Where(happened => happened is OutageChanged or StorageRequested).GroupBy(InstanceOf))
        {
            Instant? since = null;
            var sent = 0;
            foreach (var happened in own)
                if (happened is OutageChanged { Reason: null })
                {
                    if (sent > Allowed(run, happened.At - since!.Value))
                        yield return $"instance {own.Key} sent {sent} requests within the {(happened.At - since.Value).TotalSeconds:0.0} s from {since} on, with the ledger away";
                    since = null;
                }
                else if (happened is OutageChanged)
                    (since, sent) = (happened.At, 0);
                else if (since is not null)
                    sent++;
        }
    }

    // Growing pauses are seven tries in the first 10 s, and two each 5 s from then on.
    private static double Allowed(Run run, TimeSpan length) => 10 + 2 * run.Scenario.Keys + length.TotalSeconds;

    private static int InstanceOf(Event happened) =>
        happened is OutageChanged changed ? changed.Instance : ((StorageRequested)happened).Instance;
}
