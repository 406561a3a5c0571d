using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Limiting;

/// <summary>How requests are decided; its other half is how the ledger is told.</summary>
internal sealed partial class PartitionView
{
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
            if (permits == 0 || _slots[place]?.Check(charge.PolicyOf(i), permits, now) == Availability.Granted)
                continue;
            decision = default;
            return false;
        }
        _lastRequest = now;
        decision = new(charge, now) { Generation = _generation };
        Admit(ref decision);
        return true;
    }

    /// <summary>Decides if that is possible without the ledger; takes all permits or none.</summary>
    /// <param name="charge">What is asked for; of this partition's set.</param>
    /// <param name="now">When.</param>
    /// <param name="fallback">What to make of a policy that only the ledger could judge.</param>
    /// <param name="decision">The answer.</param>
    /// <returns>False where the ledger must be asked.</returns>
    public bool TryDecide(Charge charge, Instant now, Fallback fallback, out Decision decision)
    {
        _lastRequest = now;
        decision = new(charge, now) { Generation = _generation };
        Span<Verdict> verdicts = stackalloc Verdict[PolicySet.MaxPolicies];
        verdicts = verdicts[..charge.Items.Length];
        for (var i = 0; i < verdicts.Length; i++)
            verdicts[i] = Evaluate(i, fallback, ref decision);

        if (verdicts.IndexOf(Verdict.ExceedsLimit) is >= 0 and var item)
            return Conclude(Outcome.ExceedsLimit, item, ref decision);
        if (verdicts.Contains(Verdict.Refused))
            return Refuse(verdicts, fallback, ref decision);
        if (!verdicts.Contains(Verdict.Undecided))
        {
            Admit(ref decision);
            return true;
        }
        decision.RetryAfterSeconds = 1;
        return fallback == Fallback.Deny && Conclude(Outcome.Unavailable, -1, ref decision);
    }

    /// <summary>What one policy of the charge says, charging nothing.</summary>
    private Verdict Evaluate(int item, Fallback fallback, ref Decision decision)
    {
        var (place, permits) = decision.Charge.Items[item];
        var policy = decision.Charge.PolicyOf(item);
        var (availability, now) = (Availability.Exhausted, decision.At);
        if (permits == 0)
            return Verdict.Granted;
        if (permits > policy.Ceiling && policy is { Shadow: false, Limit: > 0 })
            return Verdict.ExceedsLimit;

        var slot = SlotAt(place, policy);
        // A limit of 0 blocks: nobody need be asked.
        if (policy.Limit > 0)
            availability = slot.Check(policy, permits, now);
        if (availability == Availability.Unknown && fallback != Fallback.AskLedger)
        {
            availability = slot.AwaitsReturns(now)
                ? Availability.Exhausted
                : Resolve(policy.Shadow && fallback == Fallback.Deny ? Fallback.DecideAlone : fallback, slot, policy, permits, now);
            decision.IsOverdrawn |= availability == Availability.Granted;
        }
        if (availability != Availability.Exhausted)
            return availability == Availability.Granted ? Verdict.Granted : Verdict.Undecided;
        if (policy.Shadow)
        {
            decision.ShadowRefusals |= (byte)(1 << item);
            return Verdict.Granted;
        }
        slot.NoteRefusal();
        return Verdict.Refused;
    }

    /// <summary>Refuses, by the policy whose permits are there the latest.</summary>
    private bool Refuse(ReadOnlySpan<Verdict> verdicts, Fallback fallback, ref Decision decision)
    {
        var (charge, now) = (decision.Charge, decision.At);
        var refused = (Item: verdicts.IndexOf(Verdict.Refused), FreeAt: now);
        for (var i = 0; i < verdicts.Length; i++)
        {
            var (place, permits) = charge.Items[i];
            var policy = charge.PolicyOf(i);
            if (permits == 0 || policy.Shadow || _slots[place] is not { } slot)
                continue;
            // As far as is known it would refuse too: then the caller need not come back before.
            var lacks = verdicts[i] == Verdict.Undecided
                ? slot.LacksAsFarAsKnown(policy, permits, now)
                : verdicts[i] == Verdict.Refused && (fallback != Fallback.Refuse || policy.Limit == 0 || slot.Check(policy, permits, now) != Availability.Unknown);
            if (lacks && slot.FreeAt(policy, permits, now) is var freeAt && freeAt > refused.FreeAt)
                refused = (i, freeAt);
        }
        var (item, free) = WithoutBursts(charge, now, refused);
        // Until the whole second after the permits are there, but no longer than a window.
        decision.RetryAfterSeconds = (int)Math.Clamp(
            free.UnixSecondsCeiling - now.UnixSeconds, 1, Math.Max(1, charge.PolicyOf(item).Window.TotalSeconds));
        return Conclude(Outcome.Refused, item, ref decision);
    }

    // Another policy may have permits now that only a burst gives it, which is over when the caller comes back.
    private (int Item, Instant FreeAt) WithoutBursts(Charge charge, Instant now, (int Item, Instant FreeAt) refused)
    {
        for (var i = 0; i < charge.Items.Length; i++)
        {
            var (place, permits) = charge.Items[i];
            var policy = charge.PolicyOf(i);
            if (permits == 0 || policy.Burst is null || policy.Shadow || _slots[place] is not FixedWindowSlot slot)
                continue;
            if (slot.NeedsBurst(policy, permits, now, refused.FreeAt) && slot.FreeAt(policy, permits, now) is var free && free > refused.FreeAt)
                refused = (i, free);
        }
        return refused;
    }

    /// <summary>As <see cref="Fallback.CannotDate"/> says.</summary>
    public bool CannotDate(Charge charge, Instant now, out Decision decision)
    {
        decision = new(charge, now) { Generation = _generation, RetryAfterSeconds = 1 };
        return Conclude(Outcome.Unavailable, -1, ref decision);
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
        var decision = new Decision(charge, now) { Generation = _generation };
        Conclude(Outcome.Peeked, -1, ref decision);
        return decision;
    }

    public bool HasWaiters => _traffic is { Waiters.Count: > 0 };

    /// <summary>Whether somebody has been waiting since then, by <see cref="CorrectedClock.Steady"/> time, or longer.</summary>
    public bool HasWaitedSince(Instant time) => HasWaiters && _traffic!.Waiters[0].Since <= time;

    public void Enqueue(Waiter waiter) => (_traffic ??= new()).Waiters.Add(waiter);

    public bool Dequeue(Waiter waiter) => _traffic?.Waiters.Remove(waiter) ?? false;

    /// <summary>Decides for those who wait, as far as it goes.</summary>
    /// <returns>Those decided for; null if nobody was waiting.</returns>
    public List<Waiter>? Decide(Instant now, Fallback fallback)
    {
        if (!HasWaiters)
            return null;

        var lastRequest = _lastRequest;
        var decided = new List<Waiter>();
        _traffic!.Waiters.RemoveAll(waiter =>
        {
            waiter.Rounds += fallback == Fallback.AskLedger ? 1 : 0;
            var effective = fallback switch
            {
                Fallback.AskLedger when waiter.Rounds >= Waiter.MostRounds && !AwaitsReturns(waiter.Charge, now) => Fallback.Refuse,
                // The ledger did answer while it waited: there was nothing for it.
                Fallback.Deny when waiter.Rounds > 0 => Fallback.Refuse,
                _ => fallback,
            };
            // Its policies are no longer the partition's: it may try again under the new ones.
            if (!waiter.Charge.Policies.HasSameCounters(Policies))
                waiter.Decision = new(waiter.Charge, now) { Outcome = Outcome.Unavailable, Binding = -1, RetryAfterSeconds = 1 };
            else if (fallback == Fallback.CannotDate)
                CannotDate(waiter.Charge, now, out waiter.Decision);
            else if (!TryDecide(waiter.Charge, now, effective, out waiter.Decision))
                return false;
            decided.Add(waiter);
            return true;
        });
        _lastRequest = lastRequest;
        return decided;
    }

    /// <summary>Decides for those who wait while no operation is on its way that could answer them.</summary>
    public List<Waiter>? DecideIfNobodyAsks(Instant now, Fallback fallback) => InFlight is null && !IsPausing ? Decide(now, fallback) : null;

    /// <summary>Admits those who wait, as far as permits in hand go.</summary>
    public List<Waiter>? DecideFromHand(Instant now)
    {
        if (!HasWaiters)
            return null;
        var decided = _traffic!.Waiters.FindAll(waiter =>
            waiter.Charge.Policies.HasSameCounters(Policies) && TryAdmit(waiter.Charge, now, out waiter.Decision));
        _traffic.Waiters.RemoveAll(decided.Contains);
        return decided;
    }

    private static Availability Resolve(Fallback fallback, PolicySlot slot, Policy policy, int permits, Instant now) => fallback switch
    {
        Fallback.DecideAlone => slot.CheckAlone(policy, permits, now) ? Availability.Granted : Availability.Exhausted,
        Fallback.Refuse => Availability.Exhausted,
        _ => Availability.Unknown,
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
            var slot = _slots[place] ?? PolicySlot.For(policy);
            decision.Note(i, slot.Figures(policy, decision.At));
            decision.NoteBurst(i, slot.BurstAt(policy, decision.At));
        }
        if (binding >= 0)
            decision.Binding = binding;
        return true;
    }

    /// <summary>What a policy says of a request.</summary>
    private enum Verdict : byte
    {
        Granted,
        Refused,
        Undecided,
        ExceedsLimit,
    }
}
