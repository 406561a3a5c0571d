using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Simulator;

/// <summary>
/// How much of a limit nobody could use while somebody was refused for it: permits in the hands of instances that did not
/// need them, lapsed ones, and those that a sliding window keeps for up to a second too long. Looked at each second, for
/// every key that was refused by a window in that second.
/// </summary>
internal sealed class UnusableQuota
{
    private readonly Charge _charge;
    private readonly Dictionary<int, List<Second>> _admitted = [];
    private readonly HashSet<(int Key, int Item)> _refused = [];
    private readonly int _remembered;
    private int _second;
    private double _sum;
    private long _looks;

    public UnusableQuota(FleetSettings settings)
    {
        _charge = settings.Charge;
        var longest = FleetSettings.WarmUp + settings.Length;
        var window = settings.Charge.Items.Select((_, item) => settings.Charge.PolicyOf(item).Window).Append(TimeSpan.Zero).Max();
        _remembered = (int)(longest < window ? longest : window).TotalSeconds + 1;
    }

    /// <summary>Of a limit, on average; 0 where nobody was refused.</summary>
    public double Share => _looks == 0 ? 0 : _sum / _looks;

    /// <summary>Whether the seconds that end now are looked at.</summary>
    public bool IsMeasuring { get; set; }

    public void Admitted(int key)
    {
        if (!_admitted.TryGetValue(key, out var seconds))
            _admitted.Add(key, seconds = []);
        if (seconds.Count > 0 && seconds[^1].Number == _second)
            seconds[^1] = new(_second, seconds[^1].Requests + 1);
        else
        {
            seconds.RemoveAll(second => second.Number <= _second - _remembered);
            seconds.Add(new(_second, 1));
        }
    }

    /// <param name="key">Who was refused.</param>
    /// <param name="item">The place in the charge of the policy that refused.</param>
    public void Refused(int key, int item)
    {
        if (_charge.PolicyOf(item).Algorithm != Algorithm.Concurrency)
            _refused.Add((key, item));
    }

    public void EndSecond(Instant now)
    {
        if (IsMeasuring)
            Look(now);
        _refused.Clear();
        _second++;
    }

    private void Look(Instant now)
    {
        foreach (var (key, item) in _refused)
        {
            var policy = _charge.PolicyOf(item);
            var first = policy.Algorithm == Algorithm.SlidingWindow
                ? _second - (int)policy.Window.TotalSeconds + 1
                : _second - (int)(now.Ticks % policy.Window.Ticks / TimeSpan.TicksPerSecond);
            var used = _charge.Items[item].Permits * _admitted.GetValueOrDefault(key, [])
                .Where(second => second.Number >= first).Sum(second => (long)second.Requests);
            // A burst sells more than the limit.
            _sum += Math.Clamp(1 - (double)used / policy.Limit, 0, 1);
            _looks++;
        }
    }

    private readonly record struct Second(int Number, int Requests);
}
