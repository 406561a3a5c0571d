using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace FunctionsApi.Usage;

/// <summary>One series in one UTC hour, as this instance has counted it so far. Any number of threads count at once.</summary>
internal sealed class OpenHour(UsageSeries series, DateTimeOffset start)
{
    private long _admitted, _unavailable, _clientErrors, _serverErrors, _permits, _credits;
    private ConcurrentDictionary<string, Count>? _refusedBy, _shadowRefused;
    private int _dirty;

    public UsageSeries Series { get; } = series;

    public DateTimeOffset Start { get; } = start;

    public long EndTicks { get; } = start.UtcTicks + TimeSpan.TicksPerHour;

    /// <summary>Whether it holds counts that no flush has taken yet.</summary>
    public bool IsDirty => Volatile.Read(ref _dirty) != 0;

    /// <summary>The version of its row that this instance wrote last; null before the first. Flushing alone touches it.</summary>
    internal string? ETag { get; set; }

    /// <summary>The next in <see cref="DirtyHours"/>, which alone touches it.</summary>
    internal OpenHour? NextDirty { get; set; }

    public void Admit(int permits)
    {
        Interlocked.Increment(ref _admitted);
        Interlocked.Add(ref _permits, permits);
    }

    /// <param name="policy">The name of the one that refused.</param>
    public void Refuse(string policy) => CountBy(ref _refusedBy, policy);

    public void MissDecision() => Interlocked.Increment(ref _unavailable);

    public void ErrByClient() => Interlocked.Increment(ref _clientErrors);

    public void ErrByServer() => Interlocked.Increment(ref _serverErrors);

    public void Spend(long credits) => Interlocked.Add(ref _credits, credits);

    public void ShadowRefuse(string policy) => CountBy(ref _shadowRefused, policy);

    /// <returns>True for the one caller that must hand this hour to the next flush.</returns>
    public bool TryMarkDirty() => Volatile.Read(ref _dirty) == 0 && Interlocked.Exchange(ref _dirty, 1) == 0;

    /// <summary>Call before reading the totals to flush: what is counted in between marks the hour again.</summary>
    public void MarkClean() => Interlocked.Exchange(ref _dirty, 0);

    /// <summary>Requests that were decided, whatever was decided.</summary>
    public long Requests =>
        Interlocked.Read(ref _admitted) + Interlocked.Read(ref _unavailable)
        + (Volatile.Read(ref _refusedBy)?.Sum(pair => Interlocked.Read(ref pair.Value.Value)) ?? 0);

    public bool HasShadowRefusals => Volatile.Read(ref _shadowRefused) is not null;

    public UsageTotals Totals() => new()
    {
        Admitted = Interlocked.Read(ref _admitted),
        Unavailable = Interlocked.Read(ref _unavailable),
        ClientErrors = Interlocked.Read(ref _clientErrors),
        ServerErrors = Interlocked.Read(ref _serverErrors),
        Permits = Interlocked.Read(ref _permits),
        Credits = Interlocked.Read(ref _credits),
        RefusedBy = Read(Volatile.Read(ref _refusedBy)),
        ShadowRefused = Read(Volatile.Read(ref _shadowRefused)),
    };

    private static void CountBy(ref ConcurrentDictionary<string, Count>? counts, string policy)
    {
        var byPolicy = counts ?? Interlocked.CompareExchange(ref counts, new(), null) ?? counts;
        Interlocked.Increment(ref byPolicy.GetOrAdd(policy, static _ => new()).Value);
    }

    private static ImmutableSortedDictionary<string, long> Read(ConcurrentDictionary<string, Count>? counts) => counts is null
        ? UsageTotals.NoPolicies
        : counts.ToImmutableSortedDictionary(pair => pair.Key, pair => Interlocked.Read(ref pair.Value.Value), StringComparer.Ordinal);

    private sealed class Count
    {
        public long Value;
    }
}
