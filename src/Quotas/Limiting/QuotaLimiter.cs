using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Limiting;

/// <summary>
/// Decides whether requests are within quota, from leases in memory where it can and by asking the ledger where it must.
/// One for each instance; safe for any number of threads.
/// </summary>
/// <remarks>
/// A permit is spent only after the ledger subtracted it. While one operation for a partition is in flight, requests for it
/// wait together and the next operation asks for all of them.
/// </remarks>
public sealed partial class QuotaLimiter : IAsyncDisposable
{
    /// <summary>A partition that saw no request for so long gives back what it holds.</summary>
    internal static readonly TimeSpan QuietAfter = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan SweepEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan ForgetEvery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, PartitionView> _partitions = new();
    private readonly ConcurrentQueue<PartitionView> _watched = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stopped;
    // Continues where the last answer came, so that a simulation can follow it.
    private readonly TaskCompletionSource _allAnswered = new();
    private readonly CorrectedClock _clock;
    private readonly LedgerLink _link;
    private readonly LimiterOptions _options;
    private readonly TimeProvider _time;
    private readonly ITimer _sweep;
    private long _lastOperation;
    private Instant _forgetAt;
    private int _sweeping;
    private LedgerState _toldState;
    // Partitions whose operations are run, and one until the limiter is disposed of.
    private int _running = 1;

    /// <param name="ledger">Where permits come from.</param>
    /// <param name="options">How it behaves.</param>
    /// <param name="time">Where timers and pauses come from.</param>
    /// <param name="clock">The one time of all instances; null: the machine's UTC, as it is where no store tells the time.</param>
    public QuotaLimiter(ILedger ledger, LimiterOptions options, TimeProvider time, CorrectedClock? clock = null)
    {
        (_options, _time, _stopped) = (options, time, _stopping.Token);
        _clock = clock ?? new(time);
        _link = new(ledger, options, _clock, time);
        _forgetAt = _clock.Now + ForgetEvery;
        Instance = NewInstance(options.Random);
        _sweep = time.CreateTimer(_ => Sweep(), null, SweepEvery, SweepEvery);
    }

    public InstanceId Instance { get; }

    /// <summary>The time that decisions are made by: UTC, but never backwards.</summary>
    public Instant Now => _clock.Now;

    /// <summary>Since when and why the ledger is away; null while it answers.</summary>
    public LedgerOutage? Outage => _link.Outage;

    /// <summary>Called once when the ledger goes away, with the reason, and once when it is back, with null.</summary>
    public Action<LedgerOutage?>? OutageChanged
    {
        get => _link.OutageChanged;
        set => _link.OutageChanged = value;
    }

    /// <summary>
    /// Called where a wrong clock had sent a partition's time ahead, after it was set right: the partition, and how far ahead it
    /// was. What was sold meanwhile counts from when it was noticed.
    /// </summary>
    public Action<string, TimeSpan>? TimeSetRight { get; set; }

    /// <summary>How the ledger is: well, slow, contended or away.</summary>
    public LedgerState LedgerState => _link.State;

    /// <summary>Called with the state before and the one after it, within 250 ms of a change; one that lasts no longer is left out.</summary>
    public Action<LedgerState, LedgerState>? LedgerStateChanged { get; set; }

    /// <summary>How the ledger has answered so far.</summary>
    public LedgerFigures LedgerFigures => _link.Figures;

    /// <summary>Partitions that are remembered.</summary>
    public int PartitionCount => _partitions.Count;

    /// <summary>Takes what the charge asks for from all of its policies, or nothing from any.</summary>
    /// <param name="partition">Whose counters, for example <c>key:k1</c>.</param>
    /// <param name="charge">What the request costs.</param>
    /// <param name="cancellationToken">Ends the wait for the ledger, where there is one; nothing is then charged.</param>
    public ValueTask<Decision> AcquireAsync(string partition, Charge charge, CancellationToken cancellationToken = default) =>
        Ask(partition, charge, wait: true, out var decision, out var waiter)
            ? new(decision)
            : new(waiter!.DecidedAsync(cancellationToken));

    /// <summary>As <see cref="AcquireAsync"/>, if that is possible without a wait for the ledger.</summary>
    /// <returns>False where nothing was decided and nothing charged.</returns>
    public bool TryAcquire(string partition, Charge charge, out Decision decision) =>
        Ask(partition, charge, wait: false, out decision, out _);

    /// <summary>The figures of the charge's policies now; uses nothing. An absent ledger shows what is known here.</summary>
    public async ValueTask<Decision> PeekAsync(string partition, Charge charge, CancellationToken cancellationToken = default)
    {
        var now = _clock.Now;
        var entry = Find(partition, charge.Policies);
        using (entry.Enter())
            if (charge.Policies.HasSameCounters(entry.Policies) && entry.TryPeek(charge, now, out var known))
                return known;

        // Remembered, or looking again and again would read again and again.
        await LookAsync(entry, charge, afresh: false, cancellationToken);
        // Where the ledger did not answer, what is known here has to do.
        using (entry.Enter())
            return charge.Policies.HasSameCounters(entry.Policies)
                ? entry.Peek(charge, now)
                : new PartitionView(partition, charge.Policies).Peek(charge, now);
    }

    /// <summary>
    /// Gives back what an admitted request took of its windows, as if it had not been: by the next operation of the partition, which comes
    /// within some two seconds. Concurrency is given back by <see cref="Decision.Release"/> alone.
    /// </summary>
    /// <param name="partition">Whose counters.</param>
    /// <param name="decision">The answer to the request, as it came; marked, so that it is given back once.</param>
    /// <returns>
    /// False where nothing is given back: the request was not admitted, or while the ledger was away; its windows are over; the counters were
    /// reset; or the partition has been quiet for so long that it is forgotten.
    /// </returns>
    public bool Refund(string partition, ref Decision decision)
    {
        if (decision is not { Outcome: Outcome.Admitted, IsOverdrawn: false, IsRefunded: false }
            || !_partitions.TryGetValue(partition, out var entry))
            return false;
        using (entry.Enter())
        {
            decision.IsRefunded = !entry.IsEvicted && entry.Refund(decision, _clock.Now);
            if (decision.IsRefunded)
                Watch(entry);
            return decision.IsRefunded;
        }
    }

    /// <summary>Gives back credits that an admitted request took and did not spend; the rest of what it took stays. As <see cref="Refund"/>.</summary>
    /// <param name="partition">Whose counters.</param>
    /// <param name="decision">The answer to the request, as it came.</param>
    /// <param name="credits">How many; each may be given back once, which is the caller's to see to.</param>
    /// <returns>False where nothing is given back, for the reasons of <see cref="Refund"/> or because no policy counts credits.</returns>
    public bool RefundCredits(string partition, in Decision decision, int credits)
    {
        if (decision is not { Outcome: Outcome.Admitted, IsOverdrawn: false, IsRefunded: false }
            || !_partitions.TryGetValue(partition, out var entry))
            return false;
        using (entry.Enter())
        {
            var isAny = !entry.IsEvicted && entry.Refund(decision, _clock.Now, credits);
            if (isAny)
                Watch(entry);
            return isAny;
        }
    }

    /// <summary>
    /// As <see cref="PeekAsync"/>, but where nothing went on here for a second the ledger is asked each time: what other instances did
    /// meanwhile would otherwise be seen within half a minute.
    /// </summary>
    public async ValueTask<Decision> PeekAfreshAsync(string partition, Charge charge, CancellationToken cancellationToken = default)
    {
        var now = _clock.Now;
        var entry = Find(partition, charge.Policies);
        bool isQuiet;
        using (entry.Enter())
            isQuiet = entry.IsIdleSince(now - QuietAfter, now);
        if (isQuiet)
            await LookAsync(entry, charge, afresh: true, cancellationToken);
        return await PeekAsync(partition, charge, cancellationToken);
    }

    /// <summary>Gives back what is in hand, if the ledger takes it within 5 s; otherwise the leases lapse by themselves.</summary>
    public async ValueTask DisposeAsync()
    {
        _link.Close();
        if (Outage is null)
            await Task.WhenAny(GiveBackAllAsync(), Task.Delay(StopWithin, _time));
        await _sweep.DisposeAsync();
        // Not CancelAsync: what is given up continues here and not on a thread that a simulation knows nothing of.
        _stopping.Cancel();
        _stopping.Dispose();
        _link.Dispose();
    }

    // Two instances with one id would settle each other's leases: no seed that processes could share.
    private static InstanceId NewInstance(Random random)
    {
        Span<byte> id = stackalloc byte[sizeof(ulong)];
        if (random == Random.Shared)
            RandomNumberGenerator.Fill(id);
        else
            random.NextBytes(id);
        return new(BitConverter.ToUInt64(id));
    }

    // Nobody is admitted by guess because the ledger is slow or a partition crowded: the others sell what there is. And an instance
    // that is about to stop could never charge the ledger for what it admits alone.
    private Fallback WithoutLedger =>
        _link.Outage is not null && _options.WhenLedgerUnavailable == WhenLedgerUnavailable.Admit && !_link.IsClosing
            ? Fallback.DecideAlone
            : Fallback.Deny;

    private Fallback IfDated(Fallback fallback) => _clock.IsInDoubt ? Fallback.CannotDate : fallback;

    private async Task LookAsync(PartitionView entry, Charge charge, bool afresh, CancellationToken cancellationToken)
    {
        var now = _clock.Now;
        var parts = charge.Items.Select((_, place) => new PolicyOperation(charge.PolicyOf(place))).ToImmutableArray();
        if (await _link.PeekAsync(entry.Key, new(Instance, 0, 0, parts), cancellationToken) is not { } result)
            return;
        using (entry.Enter())
        {
            if (entry.InFlight is not null || !charge.Policies.HasSameCounters(entry.Policies))
                return;
            if (afresh && entry.IsIdleSince(now - QuietAfter, now))
                entry.Forget();
            entry.Learn(parts, result, now, _clock.Now);
        }
    }

    private bool Ask(string partition, Charge charge, bool wait, out Decision decision, out Waiter? waiter)
    {
        waiter = null;
        while (true)
        {
            var entry = Find(partition, charge.Policies);
            QuotaOperation? operation;
            List<Waiter>? hopeless;
            bool decided;
            using (entry.Enter())
            {
                if (entry.IsEvicted)
                    continue;
                if (!ReferenceEquals(entry.Policies, charge.Policies))
                    entry.Adopt(charge.Policies);

                if (_clock.IsInDoubt)
                    decided = entry.CannotDate(charge, _clock.Now, out decision);
                // Without the ledger a window's end is for the exact clock to say: nobody else would correct it.
                else
                    decided = entry.TryAdmit(charge, entry.IsOverdue ? _clock.Now : _clock.Ahead, out decision)
                        || entry.TryDecide(charge, _clock.Now, entry.IsOverdue ? WithoutLedger : Fallback.AskLedger, out decision);
                if (decided ? !entry.RunsLow : !wait)
                    return decided;
                if (!decided)
                {
                    entry.Enqueue(waiter = new(entry, charge, _clock.Steady));
                    // The sweep sees to it that nobody waits for too long.
                    Watch(entry);
                }
                operation = Compose(entry, _clock.Now);
                hopeless = entry.DecideIfNobodyAsks(_clock.Now, IfDated(Fallback.Refuse));
            }
            Publish(hopeless);
            if (operation is not null)
                _ = RunAsync(entry, operation);
            return decided;
        }
    }

    private PartitionView Find(string key, PolicySet policies) =>
        _partitions.TryGetValue(key, out var entry) ? entry : _partitions.GetOrAdd(key, new PartitionView(key, policies));

    // What cannot be dated is not told either.
    private QuotaOperation? Compose(PartitionView entry_NeedsLock, Instant now) =>
        _clock.IsInDoubt ? null : entry_NeedsLock.Compose(Occasion(now));

    private QuotaOperation? ComposeFarewell(PartitionView entry_NeedsLock, Instant now) =>
        _clock.IsInDoubt ? null : entry_NeedsLock.ComposeFarewell(Occasion(now));

    private PartitionView.Occasion Occasion(Instant now) =>
        new(Interlocked.Increment(ref _lastOperation), Instance, now, _clock.Uncertainty, _link.Takes) { Steps = _clock.Steps };

    private void Watch(PartitionView entry_NeedsLock)
    {
        if (entry_NeedsLock.IsWatched)
            return;
        entry_NeedsLock.IsWatched = true;
        _watched.Enqueue(entry_NeedsLock);
    }

    private static void Publish(List<Waiter>? decided)
    {
        foreach (var waiter in decided ?? [])
            waiter.Publish();
    }
}
