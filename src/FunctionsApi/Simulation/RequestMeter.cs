using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Limiting;

namespace FunctionsApi.Simulation;

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

    public void StartMeasuring()
    {
        _waitsMs.Clear();
        (_requests, _admitted, _refused, _unavailable) = (0, 0, 0, 0);
        _unusable.StartMeasuring();
    }

    /// <param name="key">Whose request.</param>
    /// <param name="decision">What became of it.</param>
    /// <param name="waited">How long it waited for the ledger; null where it did not.</param>
    public void Count(int key, in Decision decision, TimeSpan? waited)
    {
        _requests++;
        if (waited is { } wait)
            _waitsMs.Add((float)wait.TotalMilliseconds);
        switch (decision.Outcome)
        {
            case Outcome.Admitted:
                _admitted++;
                _unusable.Admitted(key);
                break;
            case Outcome.Refused:
                _refused++;
                _unusable.Refused(key, decision.Binding);
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
