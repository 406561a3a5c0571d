using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Limiting;

/// <summary>Whether a policy gives a request its permits.</summary>
internal enum Availability
{
    /// <summary>They are in hand.</summary>
    Granted,

    /// <summary>There are none, as far as the ledger's last answer goes, and it is too soon to ask again.</summary>
    Exhausted,

    /// <summary>Only the ledger can tell.</summary>
    Unknown,
}

/// <summary>
/// One instance's view of one policy of one partition: the permits in hand, and what the ledger last said. Not safe for
/// threads; its partition's lock guards it. The policy is an argument and not a field because there are millions of slots.
/// All instants are of this instance's time.
/// </summary>
internal abstract class PolicySlot
{
    public static PolicySlot For(Policy policy) => policy.Algorithm switch
    {
        Algorithm.FixedWindow => new FixedWindowSlot(),
        Algorithm.SlidingWindow => new SlidingWindowSlot(),
        Algorithm.Concurrency => new ConcurrencySlot(),
        _ => throw new ArgumentOutOfRangeException(nameof(policy), policy.Algorithm, "Not an algorithm."),
    };

    public abstract Availability Check(Policy policy, int permits, Instant now);

    /// <summary>Whether the whole limit, enforced by this instance alone, would give the permits; for when the ledger is away.</summary>
    public abstract bool CheckAlone(Policy policy, int permits, Instant now);

    /// <summary>Takes permits from hand, and what is lacking without a lease, to be charged later.</summary>
    /// <returns>Whether more should be fetched ahead of need.</returns>
    public abstract bool Spend(Policy policy, int permits, Instant now);

    /// <summary>Gives permits back that were spent, as if they had not been.</summary>
    /// <returns>False where they are counted no more, or in use until the request is over.</returns>
    public virtual bool Refund(Policy policy, int permits, Instant spentAt, Instant now) => false;

    /// <summary>Permits that could be spent at once.</summary>
    public abstract int InHand { get; }

    public abstract PolicyFigures Figures(Policy policy, Instant now);

    /// <summary>How the policy's burst stands, as far as known.</summary>
    public virtual BurstState BurstAt(Policy policy, Instant now) => BurstState.None;

    /// <summary>When a refused request's permits will be there, as far as known; never before now.</summary>
    public abstract Instant FreeAt(Policy policy, int permits, Instant now);

    /// <summary>The ledger would have to be asked again, and when it was asked last it had fewer permits; a burst might help.</summary>
    public bool LacksAsFarAsKnown(Policy policy, int permits, Instant now) =>
        policy.Burst is null && policy.Algorithm != Algorithm.Concurrency && Figures(policy, now).Remaining < permits;

    /// <summary>Counts a request that was refused here, as a sign of how many permits would be spent at once.</summary>
    public virtual void NoteRefusal()
    {
    }

    /// <summary>When the ledger should next hear of this slot even if nobody asks; <see cref="Instant.Never"/> if it need not.</summary>
    /// <param name="policy">The slot's policy.</param>
    /// <param name="activity">What the partition last saw.</param>
    public abstract Instant DueAt(Policy policy, in Activity activity);

    /// <summary>The permits are others', who may be about to return them: worth a wait.</summary>
    public virtual bool AwaitsReturns(Instant now) => false;

    /// <summary>What to tell and ask the ledger; null if there is nothing.</summary>
    public abstract PolicyOperation? Compose(Policy policy, in Demand demand);

    /// <summary>Takes the ledger's answer in.</summary>
    public abstract void Complete(Policy policy, PolicyOperation part, PolicyResult result, in Answered answered);

    /// <summary>No answer will come, and the operation may have been applied: what it gave back is given back once.</summary>
    public virtual void GiveUp(PolicyOperation part)
    {
    }

    /// <summary>Nothing would be lost if this slot were forgotten.</summary>
    public abstract bool IsIdle(Instant now);

    /// <summary>Another policy took this one's name: what is in hand was granted under other terms and goes back.</summary>
    public abstract void ReturnAll();
}

/// <summary>What an operation is composed for.</summary>
/// <param name="Now">When.</param>
/// <param name="Waiting">Permits that waiting requests ask for.</param>
/// <param name="Since">How long ago the previous operation was composed.</param>
/// <param name="AnsweredIn">How long the partition's operations took lately.</param>
/// <param name="LedgerTakes">How long those of any partition took lately, at least <paramref name="AnsweredIn"/>.</param>
/// <param name="Uncertainty">How much later than <paramref name="Now"/> it may really be.</param>
/// <param name="Quiet">No request came for a while: give back what is not in use.</param>
internal readonly record struct Demand(
    Instant Now, int Waiting, TimeSpan Since, TimeSpan AnsweredIn, TimeSpan LedgerTakes, TimeSpan Uncertainty, bool Quiet)
{
    /// <summary>How the clock was put forward so far.</summary>
    public required ClockSteps Steps { get; init; }
}

/// <param name="LastRequest">When the partition last saw a request.</param>
/// <param name="LastComposed">When it was last seen to what the ledger should hear.</param>
/// <param name="AnsweredIn">How long its operations took lately.</param>
internal readonly record struct Activity(Instant LastRequest, Instant LastComposed, TimeSpan AnsweredIn);

/// <summary>When an operation was asked and answered.</summary>
/// <param name="Sent">When it was first sent. Leases run from here: it cannot have been applied before.</param>
/// <param name="Asked">When the attempt that was answered was sent.</param>
/// <param name="Received">When the answer was there.</param>
/// <param name="EntityNow">The entity's time when it was applied.</param>
internal readonly record struct Answered(Instant Sent, Instant Asked, Instant Received, Instant EntityNow)
{
    /// <summary>False where the entity was reset in between: what was in hand is void.</summary>
    public bool SameGeneration { get; init; } = true;

    /// <summary>Other instances are at work on the partition.</summary>
    public bool AreOthersActive { get; init; }

    /// <summary>How much later than shown it may really have been when the operation was sent.</summary>
    public TimeSpan Uncertainty { get; init; }

    /// <summary>
    /// An instant of the entity's time in this instance's, and rather too late than too early: the entity's time is ahead
    /// because another's clock is, or because the attempt took so long.
    /// </summary>
    public Instant Local(Instant entityTime) => Instant.Min(Received, EntityNow) + (entityTime - EntityNow);
}
