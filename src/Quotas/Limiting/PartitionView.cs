using System.Collections.Immutable;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Limiting;

/// <summary>
/// One instance's view of one partition: its slots, the requests that wait for the ledger, and the one operation that may
/// be in flight. Every member but <see cref="Key"/> needs the partition's own lock: <c>using (partition.Enter())</c>.
/// </summary>
internal sealed partial class PartitionView(string key, PolicySet policies)
{
    /// <summary>Two seconds, which is longer than anything depends on, fit into a byte.</summary>
    private const uint AnswerUnitMs = 8;

    // Held for tens of nanoseconds, millions of times a second; a monitor would be a quarter of a decision.
    private SpinLock _lock = new(enableThreadOwnerTracking: false);
    private SlotList _slots;
    private Traffic? _traffic;
    private Instant _lastRequest;
    // Milliseconds, wrapping around: good for telling how long ago, at half an instant's size.
    private uint _lastComposedMs;
    private byte _answeredIn;
    private int _generation;

    public string Key { get; } = key;

    public Hold Enter()
    {
        var taken = false;
        _lock.Enter(ref taken);
        return new(this);
    }

    public PolicySet Policies { get; private set; } = policies;

    public QuotaOperation? InFlight => _traffic?.InFlight;

    /// <summary>Nobody waits for the operation in flight any more: it is overdue, or the ledger is away or crowded.</summary>
    public bool IsOverdue
    {
        get => _traffic is { IsOverdue: true, InFlight: not null };
        set => _traffic?.IsOverdue = value;
    }

    /// <summary>The ledger is asked again a little later: others hold what is waited for, and may be about to return it.</summary>
    public bool IsPausing
    {
        get => _traffic is { IsPausing: true };
        set => _traffic?.IsPausing = value;
    }

    /// <summary>Removed from the limiter: look the partition up again.</summary>
    public bool IsEvicted { get; set; }

    /// <summary>In the list of those that the sweep visits.</summary>
    public bool IsWatched { get; set; }

    /// <summary>A plan or an override changed, or keys of one user have different plans.</summary>
    public void Adopt(PolicySet policies)
    {
        if (policies.HasSameCounters(Policies))
        {
            Policies = policies;
            return;
        }
        var slots = new SlotList();
        for (var i = 0; i < _slots.Count; i++)
            if (_slots[i] is { } slot && PlaceOf(policies, Policies.Policies[i]) is >= 0 and var place)
            {
                slot.ReturnAll();
                slots.Set(place, slot);
            }
        (_slots, Policies) = (slots, policies);
    }

    /// <summary>Some lease should be renewed before it is spent.</summary>
    public bool RunsLow { get; private set; }

    /// <summary>Whether the ledger should hear of this partition even if nobody asks.</summary>
    public bool IsDue(Instant now)
    {
        var activity = new Activity(_lastRequest, now - TimeSpan.FromMilliseconds(unchecked(Milliseconds(now) - _lastComposedMs)), AnsweredIn);
        for (var i = 0; i < _slots.Count; i++)
            if (_slots[i] is { } slot && slot.DueAt(Policies.Policies[i], activity) <= now)
                return true;
        return false;
    }

    /// <summary>All who wait, and somebody does, wait for permits that others may be about to return.</summary>
    public bool AwaitsReturns(Instant now) => HasWaiters && _traffic!.Waiters.TrueForAll(waiter => AwaitsReturns(waiter.Charge, now));

    private bool AwaitsReturns(Charge charge, Instant now)
    {
        foreach (var (place, permits) in charge.Items)
            if (permits > 0 && _slots[place]?.AwaitsReturns(now) == true)
                return true;
        return false;
    }

    /// <summary>That of the policy of concurrency; null where it was not asked for.</summary>
    public ConcurrencySlot? Concurrency
    {
        get
        {
            for (var i = 0; i < _slots.Count; i++)
                if (_slots[i] is ConcurrencySlot slot)
                    return slot;
            return null;
        }
    }

    /// <summary>Gives back what an admitted request took of its windows, as far as it is still counted.</summary>
    /// <param name="decision">The answer to the request.</param>
    /// <param name="now">When.</param>
    /// <param name="credits">At most so many credits, and nothing else; null is all that it took.</param>
    /// <returns>Whether anything is given back.</returns>
    public bool Refund(in Decision decision, Instant now, int? credits = null)
    {
        // What was spent of permits from before a reset is counted no more.
        if (decision.Generation != _generation)
            return false;
        var isAny = false;
        for (var i = 0; i < decision.Charge.Items.Length; i++)
        {
            var policy = decision.Charge.PolicyOf(i);
            var most = credits is null ? int.MaxValue : policy.CountsCredits ? credits.Value : 0;
            var permits = decision.IsShadowRefused(i) ? 0 : Math.Min(most, decision.Charge.Items[i].Permits);
            if (permits > 0 && PlaceOf(Policies, policy) is >= 0 and var place && _slots[place] is { } slot)
                isAny |= slot.Refund(Policies.Policies[place], permits, decision.At, now);
        }
        return isAny;
    }

    /// <summary>Nothing in hand, in use, in flight or waiting.</summary>
    public bool IsIdle(Instant now)
    {
        for (var i = 0; i < _slots.Count; i++)
            if (_slots[i] is { } slot && !slot.IsIdle(now))
                return false;
        return InFlight is null && !HasWaiters;
    }

    public bool IsIdleSince(Instant time, Instant now) => _lastRequest <= time && IsIdle(now);

    /// <summary>Forgets what is known of a partition that is idle, so that nothing is lost.</summary>
    public void Forget() => _slots = new();

    /// <summary>Composes the next operation and puts it in flight; null if one is there already or there is nothing to say.</summary>
    public QuotaOperation? Compose(in Occasion occasion) =>
        Compose(occasion, quiet: !HasWaiters && _lastRequest + QuotaLimiter.QuietAfter <= occasion.Now);

    /// <summary>As <see cref="Compose(in Occasion)"/>, for the last time: gives all back.</summary>
    public QuotaOperation? ComposeFarewell(in Occasion occasion) => Compose(occasion, quiet: !HasWaiters);

    private QuotaOperation? Compose(in Occasion occasion, bool quiet)
    {
        if (InFlight is not null || IsPausing)
            return null;

        var nowMs = Milliseconds(occasion.Now);
        var since = TimeSpan.FromMilliseconds(unchecked(nowMs - _lastComposedMs));
        _lastComposedMs = nowMs;
        var takes = occasion.LedgerTakes > AnsweredIn ? occasion.LedgerTakes : AnsweredIn;
        Span<int> waiting = stackalloc int[PolicySet.MaxPolicies];
        CountWaiting(waiting);
        var parts = ImmutableArray.CreateBuilder<PolicyOperation>();
        for (var i = 0; i < _slots.Count; i++)
            if (_slots[i]?.Compose(PolicyFor(i), new(occasion.Now, waiting[i], since, AnsweredIn, takes, occasion.Uncertainty, quiet) { Steps = occasion.Steps }) is { } part)
                parts.Add(part);
        if (parts.Count == 0)
            return null;

        RunsLow = false;
        return (_traffic ??= new()).InFlight = new(occasion.Instance, occasion.Id, _generation, parts.DrainToImmutable());
    }

    /// <summary>Takes the answer to the operation in flight in, and decides for those who waited for it.</summary>
    /// <param name="answer">Null where the operation was given up and what it carried is lost.</param>
    /// <param name="now">The time to decide at.</param>
    /// <param name="fallback">What to make of a policy that this answer says nothing of.</param>
    public List<Waiter>? Complete(LedgerAnswer? answer, Instant now, Fallback fallback)
    {
        var operation = InFlight!;
        _traffic!.InFlight = null;
        IsOverdue = false;
        NoteAnswer(now);
        if (answer is { Result: var result })
        {
            var sameGeneration = result.Generation == operation.Generation;
            _generation = result.Generation;
            if (!sameGeneration)
                VoidLeases();
            Take(operation.Policies, result, new(answer.Sent, answer.Asked, now, result.Now)
            {
                SameGeneration = sameGeneration,
                AreOthersActive = result.AreOthersActive,
                Uncertainty = answer.Uncertainty,
            });
        }
        else
            GiveUp(operation.Policies);
        var decided = Decide(now, fallback);
        if (!HasWaiters)
            _traffic = null;
        return decided;
    }

    // Rises at once and falls slowly: what is contended now will be again when all who gave way try once more.
    private void NoteAnswer(Instant now) =>
        _answeredIn = (byte)Math.Min(byte.MaxValue, Math.Max(_answeredIn * 3u / 4, unchecked(Milliseconds(now) - _lastComposedMs) / AnswerUnitMs));

    private TimeSpan AnsweredIn => TimeSpan.FromMilliseconds(_answeredIn * AnswerUnitMs);

    private static uint Milliseconds(Instant now) => unchecked((uint)(now.Ticks / TimeSpan.TicksPerMillisecond));

    /// <summary>Takes figures in that were only looked at, of policies that were never heard of: of others more is known here.</summary>
    public void Learn(ImmutableArray<PolicyOperation> parts, QuotaResult result, Instant asked, Instant now)
    {
        var answered = new Answered(asked, asked, now, result.Now) { AreOthersActive = result.AreOthersActive };
        for (var i = 0; i < parts.Length; i++)
            if (PlaceOf(Policies, parts[i].Policy) is >= 0 and var place && _slots[place] is null)
                SlotAt(place, parts[i].Policy).Complete(parts[i].Policy, parts[i], result.Policies[i], answered);
    }

    private void CountWaiting(Span<int> waiting)
    {
        foreach (var waiter in _traffic?.Waiters ?? [])
            foreach (var (place, permits) in waiter.Charge.Items)
                waiting[place] = (int)Math.Min(Policy.MaxLimit, (long)waiting[place] + permits);
    }

    /// <summary>The terms of those who wait, the first first; else the latest.</summary>
    private Policy PolicyFor(int place)
    {
        foreach (var waiter in _traffic?.Waiters ?? [])
            foreach (var item in waiter.Charge.Items)
                if (item.Policy == place && item.Permits > 0)
                    return waiter.Charge.Policies.Policies[place];
        return Policies.Policies[place];
    }

    private PolicySlot SlotAt(int place, Policy policy)
    {
        if (_slots[place] is { } known)
            return known;
        var slot = PolicySlot.For(policy);
        _slots.Set(place, slot);
        return slot;
    }

    private void Take(ImmutableArray<PolicyOperation> parts, QuotaResult result, in Answered answered)
    {
        for (var i = 0; i < parts.Length; i++)
            if (PlaceOf(Policies, parts[i].Policy) is >= 0 and var place)
                _slots[place]?.Complete(parts[i].Policy, parts[i], result.Policies[i], answered);
    }

    // A reset makes all that was leased before void, also of policies that this operation was not about.
    private void VoidLeases()
    {
        for (var i = 0; i < _slots.Count; i++)
            (_slots[i] as WindowSlot)?.Void();
    }

    private void GiveUp(ImmutableArray<PolicyOperation> parts)
    {
        foreach (var part in parts)
            if (PlaceOf(Policies, part.Policy) is >= 0 and var place)
                _slots[place]?.GiveUp(part);
    }

    private static int PlaceOf(PolicySet set, Policy policy)
    {
        for (var i = 0; i < set.Policies.Length; i++)
            if (set.Policies[i].HasSameCounter(policy))
                return i;
        return -1;
    }

    /// <summary>Most partitions have none at any moment.</summary>
    private sealed class Traffic
    {
        public List<Waiter> Waiters { get; } = [];

        public QuotaOperation? InFlight { get; set; }

        public bool IsOverdue { get; set; }

        public bool IsPausing { get; set; }
    }

    /// <summary>When and by whom an operation is composed.</summary>
    /// <param name="Id">The operation's.</param>
    /// <param name="Instance">Whose it is.</param>
    /// <param name="Now">When.</param>
    /// <param name="Uncertainty">How much later it may really be.</param>
    /// <param name="LedgerTakes">How long operations of any partition took lately.</param>
    internal readonly record struct Occasion(
        long Id, InstanceId Instance, Instant Now, TimeSpan Uncertainty, TimeSpan LedgerTakes)
    {
        /// <summary>How the clock was put forward so far.</summary>
        public required ClockSteps Steps { get; init; }
    }

    /// <summary>The partition's lock, held until disposed of.</summary>
    internal readonly ref struct Hold(PartitionView partition) : IDisposable
    {
        public void Dispose() => partition._lock.Exit(useMemoryBarrier: false);
    }
}
