using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Ledgers;

namespace FunctionsApi.Quotas.Tests.Limiting;

/// <summary>A ledger in memory that counts, and that answers late, loses answers or is away when a test says so.</summary>
internal sealed class ScriptedLedger : ILedger
{
    private readonly InMemoryLedger _ledger = new();
    private TaskCompletionSource? _gate;

    public List<QuotaOperation> Operations { get; } = [];

    public bool IsAway { get; set; }

    /// <summary>What operations fail by; null lets them pass.</summary>
    public Exception? Defect { get; set; }

    public int Looks { get; private set; }

    /// <summary>So many operations are applied and their answers lost.</summary>
    public int LoseAnswers { get; set; }

    /// <summary>Operations wait until the returned source is completed.</summary>
    public TaskCompletionSource Hold() => _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task<QuotaResult> ApplyAsync(
        string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken)
    {
        lock (Operations)
            Operations.Add(operation);
        if (_gate is { } gate)
            await gate.Task.WaitAsync(cancellationToken);
        if (IsAway)
            throw new LedgerUnavailableException("The store is away.");
        if (Defect is not null)
            throw Defect;
        var result = await _ledger.ApplyAsync(partition, operation, now, cancellationToken);
        if (LoseAnswers > 0)
        {
            LoseAnswers--;
            throw new LedgerUnavailableException("The answer was lost.");
        }
        return result;
    }

    public Task<QuotaResult> PeekAsync(
        string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken)
    {
        Looks++;
        return IsAway
            ? throw new LedgerUnavailableException("The store is away.")
            : _ledger.PeekAsync(partition, operation, now, cancellationToken);
    }
}
