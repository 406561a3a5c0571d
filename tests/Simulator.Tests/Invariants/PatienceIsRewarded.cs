using FunctionsApi.Quotas.Limiting;

namespace FunctionsApi.Simulator.Tests.Invariants;

/// <summary>A refused caller with whom nobody competes is admitted after his retry-after.</summary>
internal sealed class PatienceIsRewarded : Invariant
{
    public override IEnumerable<string> Broken(Run run) =>
        from patient in run.Patient
        where patient.Again.Decision is not { Outcome: Outcome.Admitted }
        select $"{patient.Refused} had to wait for {patient.Refused.Decision!.Value.RetryAfterSeconds} s and then was {patient.Again.Decision?.Outcome}";
}
