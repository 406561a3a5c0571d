using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;

namespace FunctionsApi.Simulator;

/// <summary>Several instances on one store, all asked for the permits of one partition, evenly and whatever they answer.</summary>
internal sealed class HammeredCluster : IStoreLog
{
    private const string Partition = "key:hammered";
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);
    private static readonly Instant Start = Instant.From(new(2026, 2, 27, 9, 30, 0, TimeSpan.Zero));

    private readonly Timeline _timeline = new(Start);
    private readonly Instance[] _instances;
    private readonly TimeSpan _inFlight;

    /// <param name="store">Shared by all instances.</param>
    /// <param name="latency">How far away it is.</param>
    /// <param name="instances">1 or more.</param>
    /// <param name="inFlight">How long each request is in flight; over at once unless given.</param>
    public HammeredCluster(ITableStore store, TimeSpan latency, int instances, TimeSpan inFlight = default)
    {
        _inFlight = inFlight;
        var random = new Random(1);
        _instances = [.. Enumerable.Range(0, instances).Select(number => new Instance(_timeline, new(store)
        {
            Number = number,
            Next = () => Delivery.After(latency),
            Log = this,
            Options = new() { Random = new(random.Next()) },
        }))];
    }

    public int StorageOperations { get; private set; }

    /// <summary>When each request was admitted that was, in no order.</summary>
    public List<Instant> Admissions { get; } = [];

    public TimeSpan Elapsed => _timeline.Now - Start;

    /// <param name="charge">What each request costs.</param>
    /// <param name="perSecond">To each instance.</param>
    /// <param name="isOver">Asked every millisecond.</param>
    public void Hammer(Charge charge, double perSecond, Func<bool> isOver)
    {
        for (var sent = 0L; !isOver(); _timeline.RunFor(Tick))
            for (; sent < (long)(perSecond * Elapsed.TotalSeconds); sent++)
                foreach (var instance in _instances)
                    if (instance.Ask(Partition, charge, late => Take(instance, late), out var decision))
                        Take(instance, decision);
    }

    public void Sent(StorageRequest request) => StorageOperations++;

    public void Done(StorageRequest request, bool isConflict)
    {
    }

    private void Take(Instance instance, Decision decision)
    {
        if (decision.Outcome == Outcome.Admitted)
            Admissions.Add(decision.At);
        if (_inFlight == TimeSpan.Zero)
            instance.Release(decision);
        else
            _timeline.Plan(_timeline.Now + _inFlight, () => instance.Release(decision));
    }
}
