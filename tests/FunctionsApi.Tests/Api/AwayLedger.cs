using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Limiting;

namespace FunctionsApi.Tests.Api;

/// <summary>A ledger whose store cannot be reached.</summary>
internal sealed class AwayLedger : ILedger
{
    public Task<QuotaResult> ApplyAsync(
        string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken) => throw Away();

    public Task<QuotaResult> PeekAsync(
        string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken) => throw Away();

    private static LedgerUnavailableException Away() => new("'/var/secret.db' is gone.");
}
