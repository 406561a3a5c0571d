using System.Threading.Channels;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Ledgers;

namespace FunctionsApi.Quotas.Limiting;

/// <summary>
/// The way to the ledger: a bounded number of operations at once, a time-out on each, and one that tries at a time while
/// the ledger is away, so that its return is noticed and its weakness is not made worse.
/// </summary>
internal sealed class LedgerLink(ILedger ledger, LimiterOptions options, MonotonicClock clock, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly Turns _turns = new(options.MostOperationsInFlight);
    private Absence? _absence;

    /// <summary>Why the ledger is away; null while it answers.</summary>
    public LedgerOutage? Outage => Volatile.Read(ref _absence)?.Description;

    /// <summary>Called once when the ledger goes away, with the reason, and once when it is back, with null.</summary>
    public Action<LedgerOutage?>? OutageChanged { get; set; }

    /// <summary>No second attempts any more: what cannot be said at once is left unsaid.</summary>
    public bool IsClosing { get; set; }

    /// <summary>Has an operation applied, however long that takes.</summary>
    /// <param name="partition">Whose.</param>
    /// <param name="pending">The operation.</param>
    /// <param name="onDelay">Called when the answer will not come soon.</param>
    /// <param name="stopping">Gives up.</param>
    /// <returns>The answer and when the attempt that got it was sent; null where the operation was given up.</returns>
    public async Task<(QuotaResult Result, Instant Asked)?> ApplyAsync(
        string partition, PendingOperation pending, Action onDelay, CancellationToken stopping)
    {
        while (true)
        {
            if (Volatile.Read(ref _absence) is { } absence)
            {
                onDelay();
                if (IsClosing)
                    return null;
                await absence.WaitAsync(time, options.Random, stopping);
            }
            try
            {
                var asked = clock.Now;
                if (asked - pending.Sent >= QuotaEntity.RepeatFor)
                    return null;
                var result = await AttemptAsync(partition, pending.Operation, asked, stopping);
                End();
                return (result, asked);
            }
            catch (EntityUnreadableException) when (!IsClosing)
            {
                // No outage: everybody else is served. Until an operator resets it, this partition is on its own.
                onDelay();
                await Task.Delay(LongestPause, time, stopping);
            }
            // Whatever a ledger throws, an operation that nobody repeats would keep its callers waiting for ever.
            catch (Exception e) when (!stopping.IsCancellationRequested)
            {
                Begin(e switch
                {
                    LedgerUnavailableException => e.Message,
                    OperationCanceledException => $"The ledger did not answer within {options.LedgerTimeout.TotalSeconds:0.#} s.",
                    _ => $"The ledger failed: {e.GetType().Name}: {e.Message}",
                });
            }
        }
    }

    private async Task<QuotaResult> AttemptAsync(
        string partition, QuotaOperation operation, Instant now, CancellationToken stopping)
    {
        using var timeout = new CancellationTokenSource(options.LedgerTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopping);
        await _turns.TakeAsync(either.Token);
        try
        {
            return await ledger.ApplyAsync(partition, operation, now, either.Token);
        }
        finally
        {
            _turns.GiveBack();
        }
    }

    private void Begin(string reason)
    {
        var absence = new Absence(new(clock.Now, reason));
        if (Interlocked.CompareExchange(ref _absence, absence, null) is null)
            OutageChanged?.Invoke(absence.Description);
    }

    private void End()
    {
        if (Volatile.Read(ref _absence) is null || Interlocked.Exchange(ref _absence, null) is not { } absence)
            return;
        absence.End();
        OutageChanged?.Invoke(null);
    }

    /// <summary>All operations wait for its end but one at a time, which tries after a pause that grows.</summary>
#pragma warning disable CA1001 // A source without a timer holds nothing to dispose of.
    private sealed class Absence(LedgerOutage description)
    {
        private readonly CancellationTokenSource _over = new();
        private TimeSpan _pause = FirstPause;
        private int _trying;

        public LedgerOutage Description { get; } = description;

        public void End() => _over.Cancel();

        public async Task WaitAsync(TimeProvider time, Random random, CancellationToken stopping)
        {
            while (Interlocked.CompareExchange(ref _trying, 1, 0) != 0)
            {
                // The one that tries may give up: look again now and then whether somebody still does.
                if (await IsOverWithinAsync(LongestPause, time, stopping))
                    return;
            }
            var pause = _pause * (0.5 + random.NextDouble() / 2);
            _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
            await IsOverWithinAsync(pause, time, stopping);
            Volatile.Write(ref _trying, 0);
        }

        private async Task<bool> IsOverWithinAsync(TimeSpan length, TimeProvider time, CancellationToken stopping)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(_over.Token, stopping);
            await Task.Delay(length, time, either.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            // Whoever ended the absence has an answer of its own to deliver, and does not run everybody else's attempts.
            await Task.Yield();
            stopping.ThrowIfCancellationRequested();
            return _over.IsCancellationRequested;
        }
    }
#pragma warning restore CA1001

    /// <summary>So many at a time. Unlike a semaphore, who waited continues on his own context, where a simulation wants him.</summary>
    private sealed class Turns
    {
        private readonly Channel<byte> _free;

        public Turns(int most)
        {
            _free = Channel.CreateBounded<byte>(most);
            while (_free.Writer.TryWrite(0))
            {
            }
        }

        public ValueTask<byte> TakeAsync(CancellationToken cancellationToken) => _free.Reader.ReadAsync(cancellationToken);

        public void GiveBack() => _free.Writer.TryWrite(0);
    }
}

/// <param name="Since">When the ledger was first found away.</param>
/// <param name="Reason">For operators.</param>
public sealed record LedgerOutage(Instant Since, string Reason);
