using FunctionsApi.Api;
using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Analytics.Journal;

/// <summary>One tenant's journal as this instance appends to it: one append at a time, of whatever has gathered.</summary>
/// <param name="rows">Where it is.</param>
/// <param name="turns">Whose turn it is to use the store.</param>
/// <param name="time">The clock.</param>
/// <param name="changed">Called when it takes more or less memory than before.</param>
internal sealed class TenantJournal(JournalRows rows, TenantTurns turns, TimeProvider time, Action<TenantJournal> changed)
{
    /// <summary>What waits beyond that is told to come later.</summary>
    public const int MaxWaiting = 100_000;

    /// <summary>How often an append finds that another instance was quicker until its senders are told to come later.</summary>
    private const int MaxConflicts = 20;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5), LongestPause = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private readonly Queue<Sent> _waiting = new();
    private int _waitingEvents;
    private bool _isRunning;

    // Used by RunAsync alone, which runs once at a time; null where it has to be read.
    private JournalState? _state;

    public string Tenant => rows.Tenant;

    /// <summary>About what this takes in memory.</summary>
    public long Bytes { get; private set; } = 1_000;

    /// <returns>How many of them were known.</returns>
    public Task<int> AppendAsync(IReadOnlyList<AnalyticsEvent> events)
    {
        var sent = new Sent(events);
        lock (_lock)
        {
            if (_waitingEvents + events.Count > MaxWaiting)
                throw new ApiException(Refusal.Unavailable(retryAfterSeconds: 1));
            _waitingEvents += events.Count;
            _waiting.Enqueue(sent);
            if (_isRunning)
                return sent.Duplicates;
            _isRunning = true;
        }

        _ = RunAsync();
        return sent.Duplicates;
    }

    private async Task RunAsync()
    {
        while (true)
        {
            try
            {
                using var turn = await turns.TakeAsync(Tenant, CancellationToken.None);
                Settle(await AppendOnceAsync());
            }
            catch (Exception exception)
            {
                _state = null;
                FailAll(exception);
            }

            if (_state is { } state && state.Bytes != Bytes)
            {
                Bytes = state.Bytes;
                changed(this);
            }

            lock (_lock)
            {
                _isRunning = _waiting.Count > 0;
                if (!_isRunning)
                    return;
            }
        }
    }

    /// <summary>Appends what fits into one batch of what waits.</summary>
    private async Task<Append> AppendOnceAsync()
    {
        Append? last = null;
        for (var conflicts = 0; conflicts < MaxConflicts; conflicts++)
        {
            await PauseAsync(conflicts);
            _state ??= await JournalState.LoadAsync(rows);
            // A write whose answer was lost is repeated by the store, and then finds its own work.
            if (last is not null && _state.Head.LastAppend == last.Id)
                return last;
            last = await Append.ComposeAsync(_state, Snapshot(), time.GetUtcNow());
            if (await TryWriteAsync(_state, last))
                return last;
        }

        throw new ApiException(Refusal.Unavailable(retryAfterSeconds: 1));
    }

    private async Task<bool> TryWriteAsync(JournalState state, Append append)
    {
        try
        {
            // Where nothing is new, it is so only if nobody has appended since: others may have forgotten what is known here.
            if (append.Puts.Count == 0 && (await rows.ReadHeadAsync()).ETag == state.Head.ETag)
                return true;
            if (append.Puts.Count > 0 && await rows.WriteAsync(append.Puts) is { } eTags)
            {
                state.Keep(eTags[^1]);
                return true;
            }
        }
        catch (TableStoreException exception) when (exception.MayPass)
        {
            // It may have been written all the same: the head tells.
            _state = null;
            if ((await rows.ReadHeadAsync()).LastAppend == append.Id)
                return true;
            throw;
        }

        // What was composed is not what is stored; what others stored is to be read.
        state.Undo();
        _state = await state.TryCatchUpAsync() ? state : null;
        return false;
    }

    // The first conflict tells only that others have written since; the next ones that they do so at this moment.
    private Task PauseAsync(int conflicts)
    {
        if (conflicts < 2)
            return Task.CompletedTask;
        var longest = Math.Min(LongestPause.TotalMilliseconds, FirstPause.TotalMilliseconds * Math.Pow(2, conflicts - 2));
        return Task.Delay(TimeSpan.FromMilliseconds(longest * Random.Shared.NextDouble()), time);
    }

    private Sent[] Snapshot()
    {
        lock (_lock)
            return [.. _waiting];
    }

    private void Settle(Append append)
    {
        List<Sent> done = [];
        lock (_lock)
        {
            foreach (var (taken, duplicates) in append.Taken)
            {
                var sent = _waiting.Peek();
                sent.Take(taken, duplicates);
                _waitingEvents -= taken;
                if (sent.IsDone)
                    done.Add(_waiting.Dequeue());
            }
        }

        done.ForEach(sent => sent.Answer());
    }

    private void FailAll(Exception exception)
    {
        Sent[] failed;
        lock (_lock)
        {
            failed = [.. _waiting];
            _waiting.Clear();
            _waitingEvents = 0;
        }

        foreach (var sent in failed)
            sent.Fail(exception);
    }
}
