using FunctionsApi.Quotas.Entities;

namespace FunctionsApi.Quotas.Limiting;

/// <summary>When permits leave a sliding window, and which may come back before, as the ledger told, by this instance's clock.</summary>
internal sealed class ReleaseSchedule
{
    private readonly Release[] _releases;
    private readonly int _heldByOthers;
    private readonly Instant _heldUntil;
    private int _next;

    public ReleaseSchedule(in PolicyResult result, TimeSpan window, in Answered answered)
    {
        _releases = new Release[result.Releases.Length];
        for (var i = 0; i < _releases.Length; i++)
            _releases[i] = result.Releases[i] with { At = answered.Local(result.Releases[i].At) };
        First = _releases[0].At;
        // After a window they are among those that left.
        (_heldByOthers, _heldUntil) = (result.HeldByOthers, answered.Asked + window);
    }

    /// <summary>When the next ones leave; <see cref="Instant.Never"/> after the last.</summary>
    public Instant First { get; private set; }

    /// <summary>Permits that other instances held and may give back unspent.</summary>
    public int HeldByOthers(Instant now) => now < _heldUntil ? _heldByOthers : 0;

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
