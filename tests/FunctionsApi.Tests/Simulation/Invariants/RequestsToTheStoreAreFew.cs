namespace FunctionsApi.Tests.Simulation.Invariants;

/// <summary>
/// While the store is away, an instance tries one operation at a time with pauses that grow to 5 s: once what was on its way
/// has been given up, no more than two requests a second, however many callers and keys there are.
/// </summary>
internal sealed class RequestsToTheStoreAreFew : Invariant
{
    private const int First = 5;

    /// <summary>How long an operation may take, and its last request be under way.</summary>
    private static readonly TimeSpan GivenUp = TimeSpan.FromSeconds(2.1);

    public override IEnumerable<string> Broken(Run run) =>
        from outage in run.Scenario.Faults.Outages
        let start = Run.Start + outage.From + GivenUp
        let end = Run.Start + outage.Until < run.Calm ? Run.Start + outage.Until : run.Calm
        where end > start
        from own in run.History.Events.OfType<StorageRequested>()
            .Where(sent => sent.At >= start && sent.At < end && outage.Holds(outage.From, sent.Instance))
            .GroupBy(sent => sent.Instance)
        where own.Count() > First + 2 * (end - start).TotalSeconds
        select $"instance {own.Key} sent {own.Count()} requests between {start} and {end}, with the store away";
}
