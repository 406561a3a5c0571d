using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Limiting;

namespace FunctionsApi.Tests.Telemetry;

/// <summary>A ledger in memory that fails while a test says so.</summary>
internal sealed class TurnedLedger : ILedger
{
    private readonly InMemoryLedger _inner = new();

    /// <summary>What it throws; null answers.</summary>
    public Exception? Failure { get; set; }

    /// <summary>The partition that it fails or is late for; null for all.</summary>
    public string? Only { get; set; }

    /// <summary>When it answers.</summary>
    public Task Answers { get; set; } = Task.CompletedTask;

    public Action? OnCall { get; set; }

    public Task<QuotaResult> ApplyAsync(string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken) =>
        AnswerAsync(partition, () => _inner.ApplyAsync(partition, operation, now, cancellationToken));

    public Task<QuotaResult> PeekAsync(string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken) =>
        AnswerAsync(partition, () => _inner.PeekAsync(partition, operation, now, cancellationToken));

    private async Task<QuotaResult> AnswerAsync(string partition, Func<Task<QuotaResult>> answer)
    {
        OnCall?.Invoke();
        if (Only is not null && partition != Only)
            return await answer();
        await Answers;
        return Failure is null ? await answer() : throw Failure;
    }
}
