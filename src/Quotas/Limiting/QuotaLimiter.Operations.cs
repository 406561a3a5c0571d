namespace FunctionsApi.Quotas.Limiting;

/// <summary>How operations are run and partitions looked after; the other half is how requests are decided.</summary>
public sealed partial class QuotaLimiter
{
    /// <summary>Runs operations of one partition, one after the other, as long as somebody waits for them.</summary>
    private async Task RunAsync(Partition entry, PendingOperation? operation)
    {
        Interlocked.Increment(ref _running);
        try
        {
            while (operation is not null)
            {
                var answer = await _link.ApplyAsync(entry.Key, operation, () => GoAlone(entry), _stopped);
                List<Waiter>? decided, hopeless;
                using (entry.Enter())
                {
                    var now = _clock.Now;
                    decided = entry.Complete(answer?.Result, answer?.Asked ?? now, now, answer is null ? WhenAlone : Doubt.AskLedger);
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
            GoAlone(entry);
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

    private void GoAlone(Partition entry)
    {
        List<Waiter>? decided;
        using (entry.Enter())
            decided = GoAlone(entry, _clock.Now);
        Publish(decided);
    }

    /// <summary>Until the operation in flight is answered.</summary>
    private List<Waiter>? GoAlone(Partition entry_NeedsLock, Instant now)
    {
        entry_NeedsLock.Alone = true;
        Watch(entry_NeedsLock);
        return entry_NeedsLock.Decide(now, WhenAlone);
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
            PendingOperation? operation = null;
            List<Waiter>? overdue = null;
            using (entry.Enter())
            {
                if (entry.IsIdle(now))
                {
                    entry.Watched = false;
                    continue;
                }
                if (entry.HasWaitedSince(now - _options.LedgerTimeout))
                    overdue = GoAlone(entry, now);
                if (entry.DueAt <= now)
                    operation = Compose(entry, now);
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
                entry.Evicted = !entry.Watched && entry.IsIdleSince(now - _options.ForgetAfter, now);
                if (entry.Evicted)
                    _partitions.TryRemove(key, out _);
            }
    }

    private Task GiveBackAllAsync()
    {
        while (_watched.TryDequeue(out var entry))
        {
            PendingOperation? operation;
            using (entry.Enter())
                operation = ComposeFarewell(entry, _clock.Now);
            if (operation is not null)
                _ = RunAsync(entry, operation);
        }
        // Whose operation is in flight takes leave when it is answered.
        EndRun();
        return _allAnswered.Task;
    }
}
