using System.Collections.Immutable;
using FunctionsApi.Quotas.Entities;

namespace FunctionsApi.Quotas.Limiting;

/// <summary>When permits leave a sliding window, as the ledger told, by this instance's clock.</summary>
internal sealed class ReleaseSchedule
{
    private readonly Release[] _releases;
    private int _next;

    public ReleaseSchedule(ImmutableArray<Release> releases, in Answered answered)
    {
        _releases = new Release[releases.Length];
        for (var i = 0; i < _releases.Length; i++)
            _releases[i] = releases[i] with { At = answered.Local(releases[i].At) };
        First = _releases[0].At;
    }

    /// <summary>When the next ones leave; <see cref="Instant.Never"/> after the last.</summary>
    public Instant First { get; private set; }

    /// <summary>Passes over those that have left.</summary>
    /// <returns>How many permits that were.</returns>
    public int TakeUntil(Instant now)
    {
        var taken = 0;
        while (_next < _releases.Length && _releases[_next].At <= now)
            taken += _releases[_next++].Permits;
        First = _next < _releases.Length ? _releases[_next].At : Instant.Never;
        return taken;
    }

    /// <summary>When so many permits have left; null if fewer will, and then <paramref name="permits"/> is what is lacking.</summary>
    public Instant? WhenReleased(ref int permits)
    {
        for (var i = _next; i < _releases.Length; i++)
        {
            permits -= _releases[i].Permits;
            if (permits <= 0)
                return _releases[i].At;
        }
        return null;
    }
}
