using FunctionsApi.Quotas.Limiting;

namespace FunctionsApi.Quotas.Tests.Limiting;

public sealed class InMemoryLedgerTests : LedgerContract
{
    protected override ILedger Ledger { get; } = new InMemoryLedger();
}
