namespace FunctionsApi.Simulator.Tests.Invariants;

/// <summary>Where every request to the ledger's store is answered, however late what it asks for is done, no instance takes the ledger for away.</summary>
internal sealed class ALedgerThatAnswersIsNotTakenForAway : Invariant
{
    public override IEnumerable<string> Broken(Run run) =>
        run.History.Events.OfType<OutageChanged>().Select(happened => $"{happened.At}: {happened}");
}
