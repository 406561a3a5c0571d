using System.Diagnostics.Metrics;
using FunctionsApi.Telemetry;

namespace FunctionsApi.Operations;

/// <summary>How long this instance's operations on the ledger took in the last minute. It listens to the metric, and costs the ledger nothing else.</summary>
internal sealed class LedgerLatency : IDisposable
{
    public static readonly TimeSpan Reach = TimeSpan.FromMinutes(1);

    // Where there are more in a minute, the latest are looked at.
    private const int MostRemembered = 4096;

    private readonly Lock _lock = new();
    private readonly MeterListener _listener = new();
    private readonly (DateTimeOffset At, double Seconds, bool Failed)[] _ring = new (DateTimeOffset, double, bool)[MostRemembered];
    private readonly TimeProvider _time;
    private long _count;

    public LedgerLatency(QuotaMetrics metrics, TimeProvider time)
    {
        _time = time;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, metrics.Meter) && instrument.Name == QuotaMetrics.LedgerDuration)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((_, seconds, tags, _) => Note(seconds, tags));
        _listener.Start();
    }

    public LedgerTimes Times()
    {
        var since = _time.GetUtcNow() - Reach;
        (DateTimeOffset At, double Seconds, bool Failed)[] recent;
        lock (_lock)
            recent = [.. _ring[..(int)Math.Min(_count, MostRemembered)].Where(one => one.At > since)];
        double[] sorted = [.. recent.Select(one => one.Seconds).Order()];
        return new(recent.Length, recent.Count(one => one.Failed), Quantile(sorted, 0.5), Quantile(sorted, 0.95));
    }

    public void Dispose() => _listener.Dispose();

    private void Note(double seconds, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var failed = false;
        foreach (var (name, value) in tags)
            failed |= name == QuotaMetrics.OutcomeTag && value is not "ok";
        lock (_lock)
            _ring[_count++ % MostRemembered] = (_time.GetUtcNow(), seconds, failed);
    }

    private static double? Quantile(double[] sorted, double share) =>
        sorted.Length == 0 ? null : Math.Round(1000 * sorted[(int)Math.Ceiling(share * sorted.Length) - 1], 2);
}

/// <param name="Operations">In the last minute.</param>
/// <param name="Failed">Of those.</param>
/// <param name="P50Ms">Half of them took no longer, in milliseconds; null where there were none.</param>
/// <param name="P95Ms">95% of them took no longer.</param>
internal sealed record LedgerTimes(int Operations, int Failed, double? P50Ms, double? P95Ms);
