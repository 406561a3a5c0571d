using System.Collections.Immutable;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Limiting;

/// <summary>
/// One instance's view of one partition: its slots, the requests that wait for the ledger, and the one operation that may
/// be in flight. Every member but <see cref="Key"/> needs the partition's own lock: <c>using (partition.Enter())</c>.
/// </summary>
internal sealed class Partition(string key, PolicySet policies)
{
    // Held for tens of nanoseconds, millions of times a second; a monitor would be a quarter of a decision.
    private SpinLock _lock = new(enableThreadOwnerTracking: false);
    private SlotList _slots;
    private List<Waiter>? _waiters;
    private Instant _lastRequest;
    // Milliseconds, wrapping around: good for telling how long ago, at half an instant's size.
    private uint _lastComposedMs;
    private int _generation;

    public string Key { get; } = key;

    public Hold Enter()
    {
        var taken = false;
        _lock.Enter(ref taken);
        return new(this);
    }

    public PolicySet Policies { get; private set; } = policies;

    public PendingOperation? InFlight { get; private set; }

    /// <summary>The ledger does not answer: decide alone.</summary>
    public bool Alone { get; set; }

    /// <summary>Removed from the limiter: look the partition up again.</summary>
    public bool Evicted { get; set; }

    /// <summary>In the list of those that the sweep visits.</summary>
    public bool Watched { get; set; }

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

    /// <summary>Admits a request if all of its permits are in hand: the short way that nearly all requests take.</summary>
    /// <param name="charge">What is asked for; of this partition's set.</param>
    /// <param name="now">No earlier than the true time.</param>
    /// <param name="decision">The answer, where it is yes.</param>
    public bool TryAdmit(Charge charge, Instant now, out Decision decision)
    {
        var items = charge.Items.AsSpan();
        for (var i = 0; i < items.Length; i++)
        {
            var (place, permits) = items[i];
            if (permits == 0 || _slots[place]?.Check(charge.PolicyOf(i), permits, now) == Standing.Granted)
                continue;
            decision = default;
            return false;
        }
        _lastRequest = now;
        decision = new(charge, now);
        Admit(ref decision);
        return true;
    }

    /// <summary>Decides if that is possible without the ledger; takes all permits or none.</summary>
    /// <param name="charge">What is asked for; of this partition's set.</param>
    /// <param name="now">When.</param>
    /// <param name="doubt">What to make of a policy that only the ledger could judge.</param>
    /// <param name="decision">The answer.</param>
    /// <returns>False where the ledger must be asked.</returns>
    public bool TryDecide(Charge charge, Instant now, Doubt doubt, out Decision decision)
    {
        _lastRequest = now;
        decision = new(charge, now);
        var refusedBy = -1;
        var freeAt = now;
        var unknown = false;
        for (var i = 0; i < charge.Items.Length; i++)
        {
            var (place, permits) = charge.Items[i];
            if (permits == 0)
                continue;
            var policy = charge.PolicyOf(i);
            if (permits > policy.Ceiling && !policy.Shadow)
                return Conclude(Outcome.ExceedsLimit, i, ref decision);
            var slot = SlotAt(place, policy);
            var standing = slot.Check(policy, permits, now);
            if (standing == Standing.Unknown && doubt != Doubt.AskLedger)
                standing = Resolve(policy.Shadow && doubt == Doubt.Deny ? Doubt.DecideAlone : doubt, slot, policy, permits, now);
            if (standing == Standing.Granted)
                continue;
            if (standing == Standing.Unknown)
                unknown = true;
            else if (policy.Shadow)
                decision.ShadowRefusals |= (byte)(1 << i);
            else
            {
                slot.NoteRefusal();
                var free = slot.FreeAt(policy, permits, now);
                if (refusedBy < 0 || free > freeAt)
                    (refusedBy, freeAt) = (i, free);
            }
        }

        if (refusedBy >= 0)
        {
            // Until the whole second after the permits are there, but no longer than a window.
            decision.RetryAfterSeconds = (int)Math.Clamp(
                freeAt.UnixSecondsCeiling - now.UnixSeconds, 1, Math.Max(1, charge.PolicyOf(refusedBy).Window.TotalSeconds));
            return Conclude(Outcome.Refused, refusedBy, ref decision);
        }
        if (unknown)
        {
            decision.RetryAfterSeconds = 1;
            return doubt == Doubt.Deny && Conclude(Outcome.Unavailable, -1, ref decision);
        }
        Admit(ref decision);
        return true;
    }

    /// <summary>The figures, if the ledger has been asked about all policies of the charge before.</summary>
    public bool TryPeek(Charge charge, Instant now, out Decision decision)
    {
        decision = default;
        foreach (var (place, _) in charge.Items)
        {
            if (_slots[place] is not { } slot)
                return false;
            // What has lapsed since the last request is noticed by asking for nothing.
            slot.Check(charge.Policies.Policies[place], permits: 0, now);
        }
        decision = Peek(charge, now);
        return true;
    }

    /// <summary>The figures as far as they are known.</summary>
    public Decision Peek(Charge charge, Instant now)
    {
        var decision = new Decision(charge, now);
        Conclude(Outcome.Peeked, -1, ref decision);
        return decision;
    }

    public bool HasWaiters => _waiters is { Count: > 0 };

    public void Enqueue(Waiter waiter) => (_waiters ??= []).Add(waiter);

    public bool Dequeue(Waiter waiter) => _waiters?.Remove(waiter) ?? false;

    /// <summary>Some lease should be renewed before it is spent.</summary>
    public bool RunsLow { get; private set; }

    /// <summary>When the ledger should hear of this partition even if nobody asks.</summary>
    public Instant DueAt
    {
        get
        {
            var due = Instant.Never;
            for (var i = 0; i < _slots.Count; i++)
                if (_slots[i] is { } slot)
                    due = Instant.Min(due, slot.DueAt(Policies.Policies[i], _lastRequest));
            return due;
        }
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

    /// <summary>Composes the next operation and puts it in flight; null if one is there already or there is nothing to say.</summary>
    public PendingOperation? Compose(long id, InstanceId instance, Instant now) =>
        Compose(id, instance, now, quiet: !HasWaiters && _lastRequest + QuotaLimiter.QuietAfter <= now);

    /// <summary>As <see cref="Compose(long, InstanceId, Instant)"/>, for the last time: gives all back.</summary>
    public PendingOperation? ComposeFarewell(long id, InstanceId instance, Instant now) =>
        Compose(id, instance, now, quiet: !HasWaiters);

    private PendingOperation? Compose(long id, InstanceId instance, Instant now, bool quiet)
    {
        if (InFlight is not null)
            return null;

        var nowMs = unchecked((uint)(now.Ticks / TimeSpan.TicksPerMillisecond));
        var since = TimeSpan.FromMilliseconds(unchecked(nowMs - _lastComposedMs));
        Span<int> waiting = stackalloc int[PolicySet.MaxPolicies];
        CountWaiting(waiting);
        var parts = ImmutableArray.CreateBuilder<PolicyOperation>();
        for (var i = 0; i < _slots.Count; i++)
            if (_slots[i]?.Compose(PolicyFor(i), new(now, waiting[i], since, quiet)) is { } part)
                parts.Add(part);
        if (parts.Count == 0)
            return null;

        _lastComposedMs = nowMs;
        RunsLow = false;
        InFlight = new(new(instance, id, _generation, parts.DrainToImmutable()), now);
        return InFlight;
    }

    /// <summary>Takes the answer to the operation in flight in, and decides for those who waited for it.</summary>
    /// <param name="result">The answer; null where the operation was given up and what it carried is lost.</param>
    /// <param name="asked">When the attempt that was answered was sent.</param>
    /// <param name="now">The time to decide at.</param>
    public List<Waiter>? Complete(QuotaResult? result, Instant asked, Instant now)
    {
        var pending = InFlight!;
        InFlight = null;
        Alone = false;
        if (result is not null)
        {
            var sameGeneration = result.Generation == pending.Operation.Generation;
            _generation = result.Generation;
            Take(pending.Operation.Policies, result, new(pending.Sent, asked, result.Now, sameGeneration));
        }
        return Decide(now, Doubt.AskLedger);
    }

    /// <summary>Takes figures in that were only looked at.</summary>
    public void Learn(ImmutableArray<PolicyOperation> parts, QuotaResult result, Instant now)
    {
        foreach (var part in parts)
            SlotAt(PlaceOf(Policies, part.Policy), part.Policy);
        Take(parts, result, new(now, now, result.Now, true));
    }

    /// <summary>Decides for those who wait, as far as it goes.</summary>
    /// <returns>Those decided for; null if nobody was waiting.</returns>
    public List<Waiter>? Decide(Instant now, Doubt doubt)
    {
        if (!HasWaiters)
            return null;

        var lastRequest = _lastRequest;
        var decided = new List<Waiter>();
        _waiters!.RemoveAll(waiter =>
        {
            var effective = doubt == Doubt.AskLedger && ++waiter.Rounds >= Waiter.MostRounds ? Doubt.Refuse : doubt;
            // Its policies are no longer the partition's: it may try again under the new ones.
            if (!waiter.Charge.Policies.HasSameCounters(Policies))
                waiter.Decision = new(waiter.Charge, now) { Outcome = Outcome.Unavailable, Binding = -1, RetryAfterSeconds = 1 };
            else if (!TryDecide(waiter.Charge, now, effective, out waiter.Decision))
                return false;
            decided.Add(waiter);
            return true;
        });
        _lastRequest = lastRequest;
        if (!HasWaiters)
            _waiters = null;
        return decided;
    }

    private static Standing Resolve(Doubt doubt, PolicySlot slot, Policy policy, int permits, Instant now) => doubt switch
    {
        Doubt.DecideAlone => slot.CheckAlone(policy, permits, now) ? Standing.Granted : Standing.Exhausted,
        Doubt.Refuse => Standing.Exhausted,
        _ => Standing.Unknown,
    };

    private void Admit(ref Decision decision)
    {
        var items = decision.Charge.Items.AsSpan();
        for (var i = 0; i < items.Length; i++)
        {
            var (place, permits) = items[i];
            var policy = decision.Charge.PolicyOf(i);
            var slot = SlotAt(place, policy);
            if (permits > 0 && !decision.IsShadowRefused(i))
            {
                RunsLow |= slot.Spend(policy, permits, decision.At);
                if (slot is ConcurrencySlot holder)
                    decision.Hold(holder, permits);
            }
            decision.Note(i, slot.Figures(policy, decision.At));
        }
    }

    /// <param name="outcome">Not <see cref="Outcome.Admitted"/>.</param>
    /// <param name="binding">What made it so; -1 for nothing but what is left.</param>
    /// <param name="decision">Gets both, and the figures.</param>
    private bool Conclude(Outcome outcome, int binding, ref Decision decision)
    {
        decision.Outcome = outcome;
        for (var i = 0; i < decision.Charge.Items.Length; i++)
        {
            var place = decision.Charge.Items[i].Policy;
            var policy = decision.Charge.PolicyOf(i);
            decision.Note(i, (_slots[place] ?? PolicySlot.For(policy)).Figures(policy, decision.At));
        }
        if (binding >= 0)
            decision.Binding = binding;
        return true;
    }

    private void CountWaiting(Span<int> waiting)
    {
        foreach (var waiter in _waiters ?? [])
            foreach (var (place, permits) in waiter.Charge.Items)
                waiting[place] = (int)Math.Min(Policy.MaxLimit, (long)waiting[place] + permits);
    }

    /// <summary>The terms of those who wait, the first first; else the latest.</summary>
    private Policy PolicyFor(int place)
    {
        foreach (var waiter in _waiters ?? [])
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

    private static int PlaceOf(PolicySet set, Policy policy)
    {
        for (var i = 0; i < set.Policies.Length; i++)
            if (set.Policies[i].HasSameCounter(policy))
                return i;
        return -1;
    }

    /// <summary>The partition's lock, held until disposed of.</summary>
    internal readonly ref struct Hold(Partition partition) : IDisposable
    {
        public void Dispose() => partition._lock.Exit(useMemoryBarrier: false);
    }
}
