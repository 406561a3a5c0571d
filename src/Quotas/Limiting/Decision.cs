using System.Runtime.CompilerServices;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Limiting;

public enum Outcome
{
    /// <summary>All policies gave their permits.</summary>
    Admitted,

    /// <summary>At least one policy lacked permits; none was charged.</summary>
    Refused,

    /// <summary>The request asks one policy for more permits than it can ever give; waiting would not help.</summary>
    ExceedsLimit,

    /// <summary>
    /// The ledger could not be asked and the limiter is configured to deny or about to stop; or too many instances asked for
    /// one partition; or its policies changed meanwhile. None was charged.
    /// </summary>
    Unavailable,

    /// <summary>Nothing was asked for: the figures alone.</summary>
    Peeked,
}

/// <summary>Whether a fixed window may be exceeded for a moment.</summary>
public enum BurstState
{
    /// <summary>Its policy knows no burst.</summary>
    None,

    /// <summary>It is yet to come.</summary>
    Unused,

    /// <summary>It is now.</summary>
    Open,

    /// <summary>It has been, and comes again with the next window.</summary>
    Over,
}

/// <summary>Where one policy stood right after a decision.</summary>
/// <param name="Remaining">Permits left, 0 or more.</param>
/// <param name="ResetUnixSeconds">
/// Unix time, rounded up: the window's end; for a sliding window when its oldest counted request leaves; for concurrency
/// the decision's own time.
/// </param>
public readonly record struct PolicyFigures(int Remaining, uint ResetUnixSeconds)
{
    internal PolicyFigures(int remaining, Instant reset) : this(remaining, (uint)reset.UnixSecondsCeiling)
    {
    }

    public Instant Reset => Instant.FromUnixSeconds(ResetUnixSeconds);
}

/// <summary>
/// The limiter's answer to one request, with the figures of every policy in its charge. A value: making one allocates
/// nothing. An admitted one must be released once the request is over.
/// </summary>
public struct Decision
{
    private Figures _figures;
    private ConcurrencySlot? _holder;
    private int _held;
    private byte _openBursts;
    private byte _pastBursts;

    internal Decision(Charge charge, Instant at)
    {
        Charge = charge;
        At = at;
        Binding = -1;
    }

    public Outcome Outcome { get; internal set; }

    public Charge Charge { get; }

    /// <summary>When it was decided.</summary>
    public Instant At { get; internal set; }

    /// <summary>
    /// The place in <see cref="Charge"/>'s items of the policy that binds: the one that refused, else the window with
    /// the fewest permits left. -1 where the charge names no policy that could.
    /// </summary>
    public int Binding { get; internal set; }

    /// <summary>Whole seconds to wait before asking again, at least 1; 0 unless refused or unavailable.</summary>
    public int RetryAfterSeconds { get; internal set; }

    /// <summary>Permits were given that the ledger had not subtracted: it was away, and is told when it is back.</summary>
    public bool IsOverdrawn { get; internal set; }

    /// <summary>What it took of windows has been given back: see <see cref="QuotaLimiter.Refund"/>.</summary>
    public bool IsRefunded { get; internal set; }

    /// <summary>Which reset of the partition its permits come after.</summary>
    internal int Generation { get; init; }

    /// <summary>Bit i is set where the shadow policy at place i in the charge would have refused.</summary>
    public byte ShadowRefusals { get; internal set; }

    /// <summary>Whether the policy at a place in the charge is a shadow policy that would have refused.</summary>
    public readonly bool IsShadowRefused(int item) => (ShadowRefusals & (1 << item)) != 0;

    /// <param name="item">A place in <see cref="Charge"/>'s items.</param>
    public readonly PolicyFigures this[int item] => _figures[item];

    /// <summary>How a policy's burst stands; told where nothing was admitted.</summary>
    /// <param name="item">A place in <see cref="Charge"/>'s items.</param>
    public readonly BurstState BurstOf(int item) =>
        Charge.PolicyOf(item).Burst is null ? BurstState.None
        : (_openBursts & (1 << item)) != 0 ? BurstState.Open
        : (_pastBursts & (1 << item)) != 0 ? BurstState.Over
        : BurstState.Unused;

    /// <summary>Ends a request that was admitted, once: its concurrency permits are free again. Otherwise nothing.</summary>
    public readonly void Release() => _holder?.Release(_held);

    internal void Hold(ConcurrencySlot holder, int permits) => (_holder, _held) = (holder, permits);

    internal void NoteBurst(int item, BurstState burst)
    {
        _openBursts |= (byte)(burst == BurstState.Open ? 1 << item : 0);
        _pastBursts |= (byte)(burst == BurstState.Over ? 1 << item : 0);
    }

    /// <summary>Takes figures in, and lets the policy bind if it is the tightest so far.</summary>
    internal void Note(int item, PolicyFigures figures)
    {
        _figures[item] = figures;
        var policy = Charge.PolicyOf(item);
        if (!policy.Shadow && (Binding < 0 || IsTighter(policy, figures.Remaining)))
            Binding = item;
    }

    // Callers plan by windows; how many requests are in flight binds only where it refuses.
    private readonly bool IsTighter(Policy policy, int remaining)
    {
        var windowBinds = Charge.PolicyOf(Binding).Algorithm != Algorithm.Concurrency;
        var isWindow = policy.Algorithm != Algorithm.Concurrency;
        return isWindow == windowBinds ? remaining < _figures[Binding].Remaining : isWindow;
    }

    [InlineArray(PolicySet.MaxPolicies)]
    private struct Figures
    {
        private PolicyFigures _first;
    }
}
