using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Storage;

namespace FunctionsApi.Simulator.Tests;

/// <summary>Breaks what is simulated, to see whether that is noticed. This one breaks nothing.</summary>
internal class Saboteur
{
    public virtual ITableStore Store(ITableStore store) => store;

    public virtual LimiterOptions Options(LimiterOptions options) => options;

    public virtual ILedger Ledger(ILedger ledger) => ledger;
}
