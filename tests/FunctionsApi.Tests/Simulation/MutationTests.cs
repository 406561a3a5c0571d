using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Ledgers;
using FunctionsApi.Tests.Simulation.Invariants;
using Xunit;

namespace FunctionsApi.Tests.Simulation;

/// <summary>That promises are checked is shown by breaking what keeps them.</summary>
public sealed class MutationTests
{
    private const int Seeds = 200;

    [Fact]
    public void A_ledger_that_grants_one_too_many_is_found_out() =>
        Caught(new BrokenLedger(Result: (_, result) => result with
        {
            Policies = [.. result.Policies.Select(policy => policy.Granted > 0 ? policy with { Granted = policy.Granted + 1 } : policy)],
        }));

    private static void Caught(Saboteur saboteur)
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var run = Run.Of(ScenarioDraw.From(seed), saboteur);
            if (Invariant.All.Any(invariant => invariant.Broken(run).Any()))
                return;
        }
        Assert.Fail($"Not noticed within {Seeds} seeds.");
    }

    private sealed class BrokenLedger(
        Func<QuotaOperation, QuotaOperation>? Operation = null, Func<QuotaOperation, QuotaResult, QuotaResult>? Result = null) : Saboteur
    {
        public override ILedger Ledger(ILedger ledger) =>
            new Broken(ledger, Operation ?? (operation => operation), Result ?? ((_, result) => result));
    }

    private sealed class Broken(
        ILedger ledger, Func<QuotaOperation, QuotaOperation> change, Func<QuotaOperation, QuotaResult, QuotaResult> alter) : ILedger
    {
        public async Task<QuotaResult> ApplyAsync(
            string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken) =>
            alter(operation, await ledger.ApplyAsync(partition, change(operation), now, cancellationToken));

        public Task<QuotaResult> PeekAsync(
            string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken) =>
            ledger.PeekAsync(partition, operation, now, cancellationToken);
    }
}
