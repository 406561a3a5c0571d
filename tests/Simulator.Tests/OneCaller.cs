using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;

namespace FunctionsApi.Simulator.Tests;

/// <summary>A caller who sends one request after the other, to whichever of several instances.</summary>
internal sealed class OneCaller
{
    private static readonly Instant Start = Instant.From(new(2026, 2, 27, 9, 30, 0, TimeSpan.Zero));
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly Timeline _timeline = new(Start);

    public OneCaller(int instances, TimeSpan latency)
    {
        var (store, random) = (new InMemoryTableStore(), new Random(1));
        Instances = [.. Enumerable.Range(0, instances).Select(number => new Instance(_timeline, new(store)
        {
            Number = number,
            Next = () => Delivery.After(latency),
            Options = new() { Random = new(random.Next()) },
        }))];
    }

    public IReadOnlyList<Instance> Instances { get; }

    /// <summary>How long the last request waited for its answer.</summary>
    public TimeSpan Waited { get; private set; }

    /// <summary>Sends a request and waits for its answer.</summary>
    public Decision Ask(int instance, Charge charge)
    {
        Decision? answer = null;
        var asked = _timeline.Now;
        if (Instances[instance].Ask("key:k", charge, late => answer = late, out var decision))
            answer = decision;
        while (answer is null)
            Pass(Tick);
        Waited = _timeline.Now - asked;
        return answer.Value;
    }

    public void Release(int instance, in Decision decision) => Instances[instance].Release(decision);

    public void Pass(TimeSpan span) => _timeline.RunFor(span);
}
