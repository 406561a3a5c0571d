using FunctionsApi.Ledgers;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;

namespace FunctionsApi.Simulator;

/// <summary>One instance of the program, as far as quota goes: the limiter and the ledger that it ships with.</summary>
internal sealed class Instance
{
    private readonly Timeline _timeline;
    private static readonly TableKey Anything = new("time", "");
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(200);

    private readonly InstanceThread _thread;
    private readonly StoreLink _store;

    public Instance(Timeline timeline, InstanceSettings settings)
    {
        (_timeline, Number) = (timeline, settings.Number);
        _thread = new(timeline) { Number = settings.Number };
        Clock = new(timeline, _thread) { Skew = settings.Skew };
        using (_thread.Enter())
        {
            var courier = new Courier(timeline, _thread, settings.Next, settings.Log);
            _store = new(settings.Store, courier);
            Time = new(Clock) { Doubted = () => _ = AskTheTimeAsync() };
            courier.ToldTime = (at, sent) => Observe(at, sent, settings.StoreTimeResolution);
            // A server asks the store before it serves.
            Observe(timeline.Now, timeline.Now, settings.StoreTimeResolution);
            ILedger ledger = settings.Hub is { } hub
                ? new DurableLedger(new HubLink(hub, courier), new(), Clock)
                : new TableLedger(_store, Clock, random: settings.Options.Random);
            var options = settings.Hub is null ? settings.Options : settings.Options with { OperationTimeout = DurableLedger.AnswersWithin };
            Limiter = new(settings.Ledger(ledger), options, Clock, Time);
        }
    }

    /// <summary>From 0; one that takes the place of another has a number of its own.</summary>
    public int Number { get; }

    public QuotaLimiter Limiter { get; }

    public InstanceClock Clock { get; }

    /// <summary>What it makes of its clock and of what the store says.</summary>
    public CorrectedClock Time { get; }

    public bool IsOver => _thread.IsOver;

    /// <summary>Asks for a request's permits.</summary>
    /// <returns>False where the ledger has to be waited for; then the answer is told later, unless the instance ends before.</returns>
    public bool Ask(string partition, Charge charge, Action<Decision> onLate, out Decision decision)
    {
        using (_thread.Enter())
        {
            var answer = Limiter.AcquireAsync(partition, charge);
            if (answer.IsCompletedSuccessfully)
            {
                decision = answer.Result;
                return true;
            }
            decision = default;
            _ = TellAsync(answer, onLate);
            return false;
        }
    }

    /// <summary>A request that was admitted here is over.</summary>
    public void Release(in Decision decision)
    {
        if (IsOver)
            return;
        using (_thread.Enter())
            decision.Release();
    }

    /// <summary>Ends it as SIGKILL does.</summary>
    public void Kill() => _thread.IsOver = true;

    /// <summary>Ends it as SIGTERM does: it gives back what it holds, as long as it is let.</summary>
    /// <param name="within">When it is killed.</param>
    public void Stop(TimeSpan within)
    {
        _timeline.Plan(_timeline.Now, _thread, _ => _ = Limiter.DisposeAsync().AsTask(), null);
        _timeline.Plan(_timeline.Now + within, Kill);
    }

    private void Observe(Instant at, Instant sent, TimeSpan resolution)
    {
        var earliest = resolution == TimeSpan.Zero ? at : new(at.Ticks - at.Ticks % resolution.Ticks);
        Time.Observe(new(earliest, earliest + resolution, sent.Ticks, Clock.GetTimestamp()));
    }

    private async Task AskTheTimeAsync()
    {
        while (Time.IsInDoubt)
            try
            {
                using var within = new CancellationTokenSource(TimeSpan.FromSeconds(2), Clock);
                await _store.GetAsync("Clock", Anything, within.Token);
            }
            catch (Exception e) when (e is TableStoreException or OperationCanceledException)
            {
                await Task.Delay(AskAgainAfter, Clock);
            }
    }

    private static async Task TellAsync(ValueTask<Decision> answer, Action<Decision> onLate) => onLate(await answer);
}

/// <summary>What an instance starts with.</summary>
internal sealed record InstanceSettings(ITableStore Store)
{
    public int Number { get; init; }

    public TimeSpan Skew { get; init; }

    /// <summary>To what the store tells its time, as Azure Storage does to a second; zero is exactly.</summary>
    public TimeSpan StoreTimeResolution { get; init; }

    /// <summary>What becomes of its next request to the store.</summary>
    public required Func<Delivery> Next { get; init; }

    public IStoreLog? Log { get; init; }

    /// <summary>Where its ledger's entities are; null is rows of <see cref="Store"/>.</summary>
    public SimulatedHub? Hub { get; init; }

    public LimiterOptions Options { get; init; } = new();

    /// <summary>What stands before its ledger.</summary>
    public Func<ILedger, ILedger> Ledger { get; init; } = ledger => ledger;
}
