using FunctionsApi.Ledger;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;
using FunctionsApi.Tests;

namespace FunctionsApi.Benchmarks.Ledgers;

/// <summary>
/// Several instances of the real limiter on one store, in time that is moved by hand, a millisecond at a time: an hour
/// takes seconds, and no scheduler has a say in the outcome.
/// </summary>
internal sealed class HandDrivenCluster
{
    private const string Partition = "key:hammered";
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly ManualTime _time = new();
    private readonly OneThread _thread = new();
    private readonly CountingStore _store;
    private readonly QuotaLimiter[] _instances;
    private readonly List<Task<Decision>> _waiting = [];

    /// <param name="store">Shared by all instances.</param>
    /// <param name="latency">How far away it is.</param>
    /// <param name="instances">1 or more.</param>
    public HandDrivenCluster(ITableStore store, TimeSpan latency, int instances)
    {
        _store = new(store, latency, _time);
        _instances = [.. Enumerable.Range(0, instances).Select(_ => new QuotaLimiter(new TableLedger(_store, _time), new(), _time))];
    }

    public int Instances => _instances.Length;

    public int StorageOperations => _store.Operations;

    /// <summary>When each request was admitted that was, in no order.</summary>
    public List<Instant> Admissions { get; } = [];

    public TimeSpan Elapsed { get; private set; }

    /// <summary>Sends requests to every instance, evenly, whatever they are answered.</summary>
    /// <param name="charge">What each costs.</param>
    /// <param name="perSecond">To each instance.</param>
    /// <param name="isOver">Asked every millisecond.</param>
    public void Hammer(Charge charge, int perSecond, Func<bool> isOver)
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_thread);
        try
        {
            for (var sent = 0L; !isOver(); Advance())
                for (var due = perSecond * (long)Elapsed.TotalMilliseconds / 1000; sent < due; sent++)
                    foreach (var instance in _instances)
                        Ask(instance, charge);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private void Ask(QuotaLimiter instance, Charge charge)
    {
        var answer = instance.AcquireAsync(Partition, charge);
        if (answer.IsCompletedSuccessfully)
            Take(answer.Result);
        else
            _waiting.Add(answer.AsTask());
    }

    private void Advance()
    {
        _time.Advance(Tick);
        Elapsed += Tick;
        _thread.RunUntilQuiet(() => _store.UnderWay > 0);
        foreach (var answer in _waiting.Where(answer => answer.IsCompleted))
            Take(answer.Result);
        _waiting.RemoveAll(answer => answer.IsCompleted);
    }

    private void Take(Decision decision)
    {
        if (decision.Outcome == Outcome.Admitted)
            Admissions.Add(decision.At);
        decision.Release();
    }
}
