using FunctionsApi.Quotas.Entities;

namespace FunctionsApi.Quotas.Limiting;

/// <summary>How operations are run and partitions looked after; the other half is how requests are decided.</summary>
public sealed partial class QuotaLimiter
{
    /// <summary>How long after one that was in vain the ledger is asked again for what others may be about to return.</summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(400);

    /// <summary>How long a scarce permit stays here to be used again before it is returned for others.</summary>
    private static readonly TimeSpan IdleMoment = TimeSpan.FromMilliseconds(30);

    /// <summary>Runs operations of one partition, one after the other, as long as somebody waits for them.</summary>
    private async Task RunAsync(PartitionView entry, QuotaOperation? operation)
    {
        Interlocked.Increment(ref _running);
        try
        {
            for (var pause = FirstPause; operation is not null;)
            {
                var answer = await _link.ApplyAsync(entry.Key, operation, () => GoOnWithout(entry), _stopped);
                if (answer is { Result.SetBackBy: var ahead } && ahead > TimeSpan.Zero)
                    TimeSetRight?.Invoke(entry.Key, ahead);
                operation = TakeAnswer(entry, answer);
                if (operation is not null || !entry.IsPausing)
                    continue;
                await Task.Delay(pause, _time, _link.Closing)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                _stopped.ThrowIfCancellationRequested();
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                operation = AskAgain(entry);
            }
        }
        catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
        {
            GoOnWithout(entry);
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

    /// <returns>What to ask next; null for nothing, or nothing yet.</returns>
    private QuotaOperation? TakeAnswer(PartitionView entry, LedgerAnswer? answer)
    {
        List<Waiter>? decided, hopeless;
        QuotaOperation? next = null;
        using (entry.Enter())
        {
            var now = _clock.Now;
            decided = entry.Complete(answer, now, IfDated(answer is null ? WithoutLedger : Fallback.AskLedger));
            if (entry.Concurrency is { Listens: true } slot)
                slot.Released ??= () => Released(entry);
            if (!entry.RunsLow && !_link.IsClosing && entry.AwaitsReturns(now))
                entry.IsPausing = true;
            else if (entry.HasWaiters || entry.RunsLow)
                next = Compose(entry, now);
            else if (_link.IsClosing && answer is not null)
                next = ComposeFarewell(entry, now);
            hopeless = entry.DecideIfNobodyAsks(now, IfDated(Fallback.Refuse));
            if (!entry.IsIdle(now))
                Watch(entry);
        }
        Publish(decided);
        Publish(hopeless);
        return next;
    }

    /// <summary>A pause is over in which others may have returned what is waited for.</summary>
    private QuotaOperation? AskAgain(PartitionView entry)
    {
        List<Waiter>? decided, hopeless;
        QuotaOperation? next;
        using (entry.Enter())
        {
            var now = _clock.Now;
            entry.IsPausing = false;
            decided = DecideFromHand(entry, now);
            next = Compose(entry, now);
            hopeless = entry.DecideIfNobodyAsks(now, IfDated(Fallback.Refuse));
        }
        Publish(decided);
        Publish(hopeless);
        return next;
    }

    /// <summary>A request is over whose permit somebody waits for, here or at another instance.</summary>
    private void Released(PartitionView entry)
    {
        List<Waiter>? decided;
        bool returns;
        using (entry.Enter())
        {
            decided = DecideFromHand(entry, _clock.Now);
            returns = !entry.HasWaiters && entry.Concurrency?.TryBeginReturn() == true;
        }
        Publish(decided);
        if (returns)
            _ = ReturnIdleAsync(entry);
    }

    private async Task ReturnIdleAsync(PartitionView entry)
    {
        await Task.Delay(IdleMoment, _time, _stopped)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        QuotaOperation? operation;
        using (entry.Enter())
        {
            entry.Concurrency?.IsReturning = false;
            operation = _link.IsClosing ? null : Compose(entry, _clock.Now);
        }
        if (operation is not null)
            await RunAsync(entry, operation);
    }

    /// <summary>Nobody waits any more, until the operation in flight is answered.</summary>
    private void GoOnWithout(PartitionView entry)
    {
        List<Waiter>? decided;
        using (entry.Enter())
            decided = GoOnWithout(entry, _clock.Now);
        Publish(decided);
    }

    private List<Waiter>? GoOnWithout(PartitionView entry_NeedsLock, Instant now)
    {
        (entry_NeedsLock.IsOverdue, entry_NeedsLock.IsPausing) = (true, false);
        Watch(entry_NeedsLock);
        return entry_NeedsLock.Decide(now, IfDated(WithoutLedger));
    }

    private List<Waiter>? DecideFromHand(PartitionView entry_NeedsLock, Instant now) =>
        _clock.IsInDoubt ? null : entry_NeedsLock.DecideFromHand(now);

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
                if (entry.HasWaitedSince(_clock.Steady - _link.RequestWait))
                {
                    if (entry.InFlight is not null)
                        _link.NoteOverdue();
                    overdue = GoOnWithout(entry, now);
                }
                // What is in hand goes back as a whole once it is closing.
                if (!_link.IsClosing && entry.IsDue(now))
                    operation = Compose(entry, _clock.Now);
            }
            _watched.Enqueue(entry);
            Publish(overdue);
            if (operation is not null)
                _ = RunAsync(entry, operation);
        }
        TellState();
        if (now >= _forgetAt)
        {
            _forgetAt = now + ForgetEvery;
            Forget(now);
        }
    }

    private void TellState()
    {
        var (before, after) = (_toldState, _link.State);
        if (before == after)
            return;
        _toldState = after;
        LedgerStateChanged?.Invoke(before, after);
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
