using FunctionsApi.Quotas.Entities;

namespace FunctionsApi.Quotas.Limiting;

/// <summary>How operations are run and partitions looked after; the other half is how requests are decided.</summary>
public sealed partial class QuotaLimiter
{
    /// <summary>Runs operations of one partition, one after the other, as long as somebody waits for them.</summary>
    private async Task RunAsync(PartitionView entry, QuotaOperation? operation)
    {
        Interlocked.Increment(ref _running);
        try
        {
            while (operation is not null)
            {
                var answer = await _link.ApplyAsync(entry.Key, operation, fallback => GoAlone(entry, fallback), _stopped);
                List<Waiter>? decided, hopeless;
                using (entry.Enter())
                {
                    var now = _clock.Now;
                    decided = entry.Complete(answer, now, answer is null ? Allowed(Fallback.DecideAlone) : Fallback.AskLedger);
                    operation = entry.HasWaiters || entry.RunsLow ? Compose(entry, now)
                        : _link.IsClosing && answer is not null ? ComposeFarewell(entry, now)
                        : null;
                    hopeless = entry.DecideIfNobodyAsks(now);
                    if (!entry.IsIdle(now))
                        Watch(entry);
                }
                Publish(decided);
                Publish(hopeless);
            }
        }
        catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
        {
            GoAlone(entry, Fallback.DecideAlone);
        }
        finally
        {
            EndRun();
        }
    }

    private void EndRun()
    {
        if (Interlocked.Decrement(ref _running) == 0)
            _allAnswered.TrySetResult();
    }

    private void GoAlone(PartitionView entry, Fallback fallback)
    {
        List<Waiter>? decided;
        using (entry.Enter())
        {
            // What the way to the ledger says counts more than what was guessed by the time that somebody had to wait.
            entry.Fallback = fallback;
            decided = GoAlone(entry, _clock.Now);
        }
        Publish(decided);
    }

    /// <summary>Until the operation in flight is answered.</summary>
    private List<Waiter>? GoAlone(PartitionView entry_NeedsLock, Instant now)
    {
        if (entry_NeedsLock.Fallback == Fallback.AskLedger)
            entry_NeedsLock.Fallback = Fallback.DecideAlone;
        Watch(entry_NeedsLock);
        return entry_NeedsLock.Decide(now, Allowed(entry_NeedsLock.Fallback));
    }

    private void Sweep()
    {
        if (Interlocked.Exchange(ref _sweeping, 1) != 0)
            return;
        try
        {
            SweepOnce();
        }
        finally
        {
            Volatile.Write(ref _sweeping, 0);
        }
    }

    private void SweepOnce()
    {
        _clock.Synchronise();
        var now = _clock.Now;
        for (var left = _watched.Count; left > 0 && _watched.TryDequeue(out var entry); left--)
        {
            QuotaOperation? operation = null;
            List<Waiter>? overdue = null;
            using (entry.Enter())
            {
                if (entry.IsIdle(now))
                {
                    entry.IsWatched = false;
                    continue;
                }
                if (entry.HasWaitedSince(_clock.Steady - _options.LedgerTimeout))
                    overdue = GoAlone(entry, now);
                // What is in hand goes back as a whole once it is closing.
                if (entry.DueAt <= now && !_link.IsClosing)
                    operation = Compose(entry, _clock.Now);
            }
            _watched.Enqueue(entry);
            Publish(overdue);
            if (operation is not null)
                _ = RunAsync(entry, operation);
        }
        if (now >= _forgetAt)
        {
            _forgetAt = now + ForgetEvery;
            Forget(now);
        }
    }

    private void Forget(Instant now)
    {
        foreach (var (key, entry) in _partitions)
            using (entry.Enter())
            {
                if (entry.IsWatched || !entry.IsIdleSince(now - _options.ForgetAfter, now))
                    continue;
                entry.IsEvicted = true;
                _partitions.TryRemove(key, out _);
            }
    }

    private Task GiveBackAllAsync()
    {
        for (var left = _watched.Count; left > 0 && _watched.TryDequeue(out var entry); left--)
        {
            QuotaOperation? operation;
            using (entry.Enter())
                operation = ComposeFarewell(entry, _clock.Now);
            _watched.Enqueue(entry);
            if (operation is not null)
                _ = RunAsync(entry, operation);
        }
        // Whose operation is in flight takes leave when it is answered.
        EndRun();
        return _allAnswered.Task;
    }
}
