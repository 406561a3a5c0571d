using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Limiting;

namespace FunctionsApi.Simulator;

/// <summary>Counts what becomes of requests.</summary>
internal sealed class RequestMeter
{
    private readonly FleetSettings _settings;
    private readonly UnusableQuota _unusable;
    private readonly List<float> _waitsMs = [];
    private long _requests;
    private long _admitted;
    private long _refused;
    private long _unavailable;

    public RequestMeter(FleetSettings settings) => (_settings, _unusable) = (settings, new(settings));

    /// <summary>Whether requests that arrive now are counted.</summary>
    public bool IsMeasuring
    {
        get => _unusable.IsMeasuring;
        set => _unusable.IsMeasuring = value;
    }

    /// <summary>What became of any request, counted or not.</summary>
    /// <param name="key">Whose request.</param>
    /// <param name="decision">What became of it.</param>
    public void Take(int key, in Decision decision)
    {
        if (decision.Outcome == Outcome.Admitted)
            _unusable.Admitted(key);
        else if (decision.Outcome == Outcome.Refused)
            _unusable.Refused(key, decision.Binding);
    }

    /// <summary>Counts a request that arrived while measuring.</summary>
    /// <param name="decision">What became of it.</param>
    /// <param name="waited">How long it waited for the ledger; null where it did not.</param>
    public void Count(in Decision decision, TimeSpan? waited)
    {
        _requests++;
        if (waited is { } wait)
            _waitsMs.Add((float)wait.TotalMilliseconds);
        switch (decision.Outcome)
        {
            case Outcome.Admitted:
                _admitted++;
                break;
            case Outcome.Refused:
                _refused++;
                break;
            default:
                _unavailable++;
                break;
        }
    }

    public void EndSecond(Instant now) => _unusable.EndSecond(now);

    public FleetReport Report(StorageMeter storage)
    {
        _waitsMs.Sort();
        return new(_settings)
        {
            Requests = _requests,
            Admitted = _admitted,
            Refused = _refused,
            Unavailable = _unavailable,
            Waited = _waitsMs.Count,
            WaitP50 = Percentile(0.5),
            WaitP99 = Percentile(0.99),
            UnusableShare = _unusable.Share,
            StorageOperations = storage.Operations,
            Conflicts = storage.Conflicts,
            MostOperationsInASecond = storage.MostInASecond,
            MostOperationsInASecondOfOnePartition = storage.MostInASecondOfOnePartition,
        };
    }

    private TimeSpan Percentile(double share) =>
        _waitsMs.Count == 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(_waitsMs[(int)(share * (_waitsMs.Count - 1))]);
}
