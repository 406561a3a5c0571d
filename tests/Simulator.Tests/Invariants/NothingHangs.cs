namespace FunctionsApi.Simulator.Tests.Invariants;

/// <summary>
/// A request is decided within the 2 s that an attempt to reach the ledger may take, and the quarter of a second until that
/// is noticed, whatever the store does; unless its instance ends.
/// </summary>
internal sealed class NothingHangs : Invariant
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2.3);

    public override IEnumerable<string> Broken(Run run)
    {
        var ended = run.History.Events.OfType<Ended>().Select(ended => ended.Instance).ToHashSet();
        return from request in run.History.Requests
               where request.Decision is null ? !ended.Contains(request.Instance) : request.DecidedAt - request.AskedAt > Longest
               select $"{request}, asked at {request.AskedAt}, was {(request.Decision is null ? "never decided" : $"decided at {request.DecidedAt}")}";
    }
}
