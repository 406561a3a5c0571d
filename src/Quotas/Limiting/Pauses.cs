namespace FunctionsApi.Quotas.Limiting;

/// <summary>How long to leave the ledger alone after an attempt that failed: each time twice as long, and never two instances alike.</summary>
internal sealed class Pauses(Random random)
{
    public static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>A store that asks to be left alone for longer is asked again all the same.</summary>
    private static readonly TimeSpan LongestAskedFor = TimeSpan.FromSeconds(30);

    public static TimeSpan After(TimeSpan pause) => Shorter(pause * 2, Longest);

    /// <summary>What a store that fails so asks for.</summary>
    public static TimeSpan AskedForBy(Exception failure) =>
        Shorter((failure as LedgerUnavailableException)?.RetryAfter ?? default, LongestAskedFor);

    /// <summary>Cut short at random by up to half, but at least as long as was asked for.</summary>
    public TimeSpan Draw(TimeSpan pause, TimeSpan atLeast)
    {
        var drawn = pause * (0.5 + random.NextDouble() / 2);
        return drawn > atLeast ? drawn : atLeast;
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
