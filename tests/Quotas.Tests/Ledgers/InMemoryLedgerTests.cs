using FunctionsApi.Quotas.Ledgers;

namespace FunctionsApi.Quotas.Tests.Ledgers;

public sealed class InMemoryLedgerTests : LedgerContract
{
    protected override ILedger Ledger { get; } = new InMemoryLedger();
}
