namespace FunctionsApi.Simulator.Tests.Invariants;

/// <summary>
/// However many instances died with permits in hand: a window and a lease after the last request, whole limits can be used
/// again, bursts included, and not one permit more.
/// </summary>
internal sealed class WholeLimitsComeBack : Invariant
{
    public override IEnumerable<string> Broken(Run run) =>
        from probe in run.Probes
        where probe.Request.Decision?.Outcome != probe.Expected
        let item = probe.Request.Charge.Items[0]
        select $"{item.Permits} permits of {run.Scenario.Policies.Policies[item.Policy].Name}, of which all should be there, "
            + $"were {probe.Request.Decision?.Outcome.ToString() ?? "not decided about"}, not {probe.Expected}";
}
