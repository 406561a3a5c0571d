namespace FunctionsApi.Operations;

/// <summary>What one instance says of itself every 10 s.</summary>
/// <param name="Id">Tells it from all others, and from itself before a restart.</param>
/// <param name="Name">The machine and the process.</param>
/// <param name="Version">The program's.</param>
/// <param name="Since">When it started.</param>
/// <param name="At">When it said so.</param>
/// <param name="Ledger">How it finds the ledger.</param>
/// <param name="Partitions">How many it remembers.</param>
/// <param name="Waiting">Requests that wait for the ledger.</param>
/// <param name="Hour">The hour that the counts below are of.</param>
/// <param name="Consumers">Its largest, the largest first.</param>
/// <param name="Shadows">What shadow policies would have refused, the most first.</param>
internal sealed record InstanceReport(
    string Id, string Name, string Version, DateTimeOffset Since, DateTimeOffset At, LedgerReport Ledger, int Partitions, int Waiting,
    DateTimeOffset Hour, IReadOnlyList<Consumer> Consumers, IReadOnlyList<ShadowVerdict> Shadows)
{
    /// <summary>It has stopped, and says nothing any more.</summary>
    public bool Stopped { get; init; }
}

/// <param name="State"><c>well</c>, <c>slow</c>, <c>contended</c> or <c>away</c>.</param>
/// <param name="Last">Its operations of the last minute.</param>
/// <param name="InFlight">On their way.</param>
/// <param name="Periods">When it was not well, the oldest first.</param>
internal sealed record LedgerReport(string State, LedgerTimes Last, int InFlight, IReadOnlyList<LedgerPeriod> Periods);

/// <summary>Who sends requests, and what became of them this hour.</summary>
/// <param name="Tenant">Whose.</param>
/// <param name="Key">The key's id; <c>dashboard</c> for a tenant's signed-in users.</param>
/// <param name="Api"><c>inference</c> or <c>agents</c>.</param>
/// <param name="Admitted">Requests within quota.</param>
/// <param name="Refused">Requests that a policy refused.</param>
/// <param name="Unavailable">Requests that got no decision.</param>
/// <param name="Credits">LLM credits.</param>
internal sealed record Consumer(string Tenant, string Key, string Api, long Admitted, long Refused, long Unavailable, long Credits)
{
    public long Requests => Admitted + Refused + Unavailable;
}

/// <summary>What a policy in shadow mode would have done this hour.</summary>
/// <param name="Tenant">Whose requests.</param>
/// <param name="Api"><c>inference</c> or <c>agents</c>.</param>
/// <param name="Policy">Its name.</param>
/// <param name="WouldHaveRefused">Requests.</param>
internal sealed record ShadowVerdict(string Tenant, string Api, string Policy, long WouldHaveRefused);
