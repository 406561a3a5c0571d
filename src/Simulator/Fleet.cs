using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;

namespace FunctionsApi.Simulator;

/// <summary>
/// Many instances of the shipping limiter and ledger on one store, in simulated time: requests arrive at an even rate, each
/// at an instance drawn at random, as behind a load balancer, for a key drawn by its popularity.
/// </summary>
internal sealed class Fleet
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    /// <summary>How long a request is in flight, where its charge counts that.</summary>
    private static readonly TimeSpan InFlight = TimeSpan.FromMilliseconds(50);

    /// <summary>By then every request is decided: three attempts to reach the ledger, of 2 s each.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(6);

    // A whole hour, so that no fixed window ends meanwhile that a run of some minutes does not fill.
    private static readonly Instant Start = Instant.From(new(2026, 2, 27, 9, 0, 0, TimeSpan.Zero));

    private readonly FleetSettings _settings;
    private readonly Timeline _timeline = new(Start);
    private readonly Random _random;
    private readonly Zipf _zipf;
    private readonly string?[] _keys;
    private readonly Instance[] _instances;
    private readonly StorageMeter _storage;
    private readonly RequestMeter _requests;
    private readonly SimulatedHub? _hub;
    private readonly bool _countsInFlight;

    private Fleet(FleetSettings settings)
    {
        _settings = settings;
        _random = new(settings.Seed);
        _zipf = new(settings.Keys, settings.Zipf);
        _keys = new string?[settings.Keys];
        _storage = new(_timeline);
        _requests = new(settings);
        _countsInFlight = settings.Charge.Policies.Policies.Any(policy => policy.Algorithm == Algorithm.Concurrency);
        var store = new InMemoryTableStore();
        var delivery = Delivery.After(settings.Latency);
        // A batch reads, writes and writes again, one after the other.
        var pace = new HubPace { Commit = settings.Latency * 3 };
        _hub = settings.OnEntities ? new(_timeline, () => pace, new(_random.Next()), _storage) : null;
        _instances = [.. Enumerable.Range(0, settings.Instances).Select(number => new Instance(_timeline, new(store)
        {
            Number = number,
            Next = () => delivery,
            Log = _storage,
            Hub = _hub,
            Options = new() { Random = new(_random.Next()) },
        }))];
    }

    /// <param name="settings">What to simulate.</param>
    /// <param name="onProgress">Told how much of it is done, 0 to 1, now and then.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static FleetReport Run(FleetSettings settings, Action<double> onProgress, CancellationToken cancellationToken)
    {
        var fleet = new Fleet(settings);
        var (warmUp, all) = (FleetSettings.WarmUp, FleetSettings.WarmUp + settings.Length);
        fleet.RunFor(warmUp, elapsed => onProgress(elapsed / all), cancellationToken);
        fleet._storage.IsMeasuring = fleet._requests.IsMeasuring = true;
        fleet.RunFor(settings.Length, elapsed => onProgress((warmUp + elapsed) / all), cancellationToken);
        fleet._storage.IsMeasuring = fleet._requests.IsMeasuring = false;
        // Those who still wait are told, and counted, or the longest waits would be left out.
        fleet._timeline.RunFor(LongestWait);
        foreach (var instance in fleet._instances)
            instance.Kill();
        return fleet._requests.Report(fleet._storage);
    }

    private void RunFor(TimeSpan length, Action<TimeSpan> onProgress, CancellationToken cancellationToken)
    {
        var from = _timeline.Now;
        var sent = 0L;
        for (var elapsed = TimeSpan.Zero; elapsed < length; elapsed += Tick)
        {
            for (var due = (long)(_settings.RequestsPerSecond * (elapsed + Tick).TotalSeconds); sent < due; sent++)
                Arrive();
            _timeline.RunUntil(from + elapsed + Tick);
            if (elapsed.Ticks % TimeSpan.TicksPerSecond == 0)
                _requests.EndSecond(_timeline.Now);
            cancellationToken.ThrowIfCancellationRequested();
            onProgress(elapsed);
        }
    }

    private void Arrive()
    {
        var key = _zipf.Draw(_random);
        var askedAt = _timeline.Now;
        var counts = _requests.IsMeasuring;
        var instance = _instances[_random.Next(_instances.Length)];
        var partition = _keys[key] ??= $"key:{key}";
        if (instance.Ask(partition, _settings.Charge, late => Take(instance, key, late, _timeline.Now - askedAt, counts), out var decision))
            Take(instance, key, decision, null, counts);
    }

    private void Take(Instance instance, int key, in Decision decision, TimeSpan? waited, bool counts)
    {
        _requests.Take(key, decision);
        if (counts)
            _requests.Count(decision, waited);
        if (decision.Outcome != Outcome.Admitted || !_countsInFlight)
            return;
        var admitted = decision;
        _timeline.Plan(_timeline.Now + InFlight, () => instance.Release(admitted));
    }
}
