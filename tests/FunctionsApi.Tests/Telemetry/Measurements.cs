using System.Diagnostics.Metrics;
using FunctionsApi.Telemetry;

namespace FunctionsApi.Tests.Telemetry;

/// <summary>Hears what one instance's metrics measure.</summary>
internal sealed class Measurements : IDisposable
{
    private readonly Lock _lock = new();
    private readonly MeterListener _listener = new();
    private readonly List<Measured> _heard = [];

    public Measurements(QuotaMetrics metrics)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, metrics.Meter))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Hear(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Hear(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Hear(instrument, value, tags));
        _listener.Start();
    }

    public IReadOnlyList<Measured> All
    {
        get
        {
            lock (_lock)
                return [.. _heard];
        }
    }

    /// <summary>All of one instrument, with tags as <c>name=value</c>.</summary>
    public IEnumerable<string> Of(string instrument) =>
        All.Where(it => it.Instrument == instrument).Select(it => string.Join(' ', it.Tags.Select(tag => $"{tag.Key}={tag.Value}")));

    /// <summary>What an instrument that is asked says now, its tags' values and the figure.</summary>
    public Dictionary<string, double> Ask(string instrument)
    {
        lock (_lock)
            _heard.Clear();
        Collect();
        return All.Where(it => it.Instrument == instrument).ToDictionary(it => string.Join(' ', it.Tags.Select(tag => tag.Value)), it => it.Value);
    }

    /// <summary>Has all instruments that are asked say what they have to.</summary>
    public void Collect() => _listener.RecordObservableInstruments();

    public void Dispose() => _listener.Dispose();

    private void Hear(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_lock)
            _heard.Add(new(instrument.Name, value, [.. tags.ToArray().Where(tag => tag.Value is not null)]));
    }
}

internal sealed record Measured(string Instrument, double Value, IReadOnlyList<KeyValuePair<string, object?>> Tags);
