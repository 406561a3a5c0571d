using FunctionsApi.Quotas;

namespace FunctionsApi.Simulator.Tests.Invariants;

/// <summary>
/// While the store is away, an instance tries one operation at a time with pauses that grow to 5 s: once it has noticed, and
/// what was on its way has been given up, no more than two requests a second, however many callers and keys there are.
/// </summary>
internal sealed class RequestsToTheStoreAreFew : Invariant
{
    /// <summary>Answers that come late from before look like a return, and let the next ones try.</summary>
    private const int First = 10;

    /// <summary>How long an operation may take, and its last request be under way, since the instance first asked.</summary>
    private static readonly TimeSpan GivenUp = TimeSpan.FromSeconds(2.1);

    public override IEnumerable<string> Broken(Run run) =>
        from outage in run.Scenario.Faults.Outages
        let end = Instant.Min(Run.Start + outage.Until, run.Calm)
        from own in run.History.Events.OfType<StorageRequested>()
            .Where(sent => sent.At >= Run.Start + outage.From && sent.At < end && outage.Holds(outage.From, sent.Instance))
            .GroupBy(sent => sent.Instance)
        let start = own.First().At + GivenUp
        let sent = own.Count(sent => sent.At >= start)
        where sent > First + 2 * (end - start).TotalSeconds
        select $"instance {own.Key} sent {sent} requests between {start} and {end}, with the store away";
}
