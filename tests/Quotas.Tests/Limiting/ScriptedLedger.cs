using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Limiting;

namespace FunctionsApi.Quotas.Tests.Limiting;

/// <summary>A ledger in memory that counts, and that answers late, loses answers or is away when a test says so.</summary>
internal sealed class ScriptedLedger : ILedger
{
    private readonly InMemoryLedger _ledger = new();
    private readonly List<string> _asked = [];
    private TaskCompletionSource? _gate;
    private string? _held;
    private int _inFlight;

    public List<QuotaOperation> Operations { get; } = [];

    public bool IsAway { get; set; }

    /// <summary>What operations fail by; null lets them pass.</summary>
    public Exception? Defect { get; set; }

    /// <summary>What operations of a partition fail by; null lets them pass.</summary>
    public Func<string, Exception?> DefectOf { get; set; } = _ => null;

    /// <summary>The most operations that were ever in flight at once.</summary>
    public int MostInFlight { get; private set; }

    /// <summary>Operations that were asked for a partition.</summary>
    public int CountOf(string partition)
    {
        lock (Operations)
            return _asked.Count(asked => asked == partition);
    }

    public int Looks { get; private set; }

    /// <summary>So many operations are applied and their answers lost.</summary>
    public int LoseAnswers { get; set; }

    /// <summary>Operations wait until the returned source is completed.</summary>
    /// <param name="partition">Those of one partition; null for all.</param>
    public TaskCompletionSource Hold(string? partition = null)
    {
        _held = partition;
        // Without the pool, so that a test can follow it.
        return _gate = new();
    }

    public async Task<QuotaResult> ApplyAsync(
        string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken)
    {
        lock (Operations)
        {
            Operations.Add(operation);
            _asked.Add(partition);
            MostInFlight = Math.Max(MostInFlight, ++_inFlight);
        }
        try
        {
            return await AnswerAsync(partition, operation, now, cancellationToken);
        }
        finally
        {
            lock (Operations)
                _inFlight--;
        }
    }

    public async Task<QuotaResult> PeekAsync(
        string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken)
    {
        Looks++;
        if (_gate is { } gate && _held is null)
            await OpenedAsync(gate, cancellationToken);
        if (IsAway)
            throw new LedgerUnavailableException("The store is away.");
        if (Defect is { } defect)
            throw defect;
        return await _ledger.PeekAsync(partition, operation, now, cancellationToken);
    }

    private async Task<QuotaResult> AnswerAsync(
        string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken)
    {
        if (_gate is { } gate && (_held ?? partition) == partition)
            await OpenedAsync(gate, cancellationToken);
        if (IsAway)
            throw new LedgerUnavailableException("The store is away.");
        if ((Defect ?? DefectOf(partition)) is { } defect)
            throw defect;
        var result = await _ledger.ApplyAsync(partition, operation, now, cancellationToken);
        if (LoseAnswers > 0)
        {
            LoseAnswers--;
            throw new LedgerUnavailableException("The answer was lost.");
        }
        return result;
    }

    // Task.WaitAsync would continue on the pool.
    private static async Task OpenedAsync(TaskCompletionSource gate, CancellationToken cancellationToken)
    {
        var left = new TaskCompletionSource();
        await using var given = cancellationToken.Register(left.SetCanceled);
        await await Task.WhenAny(gate.Task, left.Task);
    }
}
