using System.Collections.Concurrent;
using FunctionsApi.Quotas.Entities;

namespace FunctionsApi.Quotas.Limiting;

/// <summary>A ledger for tests and measurements: it forgets everything when the process ends.</summary>
public sealed class InMemoryLedger : ILedger
{
    private readonly ConcurrentDictionary<string, QuotaEntity> _entities = new();

    public Task<QuotaResult> ApplyAsync(
        string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken)
    {
        while (true)
        {
            var before = _entities.GetOrAdd(partition, QuotaEntity.Empty);
            var (after, result) = before.Apply(operation, now);
            if (_entities.TryUpdate(partition, after, before))
                return Task.FromResult(result);
        }
    }

    public Task<QuotaResult> PeekAsync(
        string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken) =>
        Task.FromResult(_entities.GetValueOrDefault(partition, QuotaEntity.Empty).Peek(operation, now));
}
