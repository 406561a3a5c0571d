using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Limiting;

namespace FunctionsApi.Benchmarks.Memory;

/// <summary>Answers as for an empty entity and keeps nothing, so that only the limiter's own memory is measured.</summary>
internal sealed class ForgetfulLedger : ILedger
{
    public Task<QuotaResult> ApplyAsync(
        string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken) =>
        Task.FromResult(QuotaEntity.Empty.Apply(operation, now).Result);

    public Task<QuotaResult> PeekAsync(
        string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken) =>
        Task.FromResult(QuotaEntity.Empty.Peek(operation, now));
}
