using FunctionsApi.Ledger;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;

namespace FunctionsApi.Simulation;

/// <summary>One instance of the program, as far as quota goes: the limiter and the ledger that it ships with.</summary>
internal sealed class Instance
{
    private readonly Timeline _timeline;
    private readonly InstanceThread _thread;

    public Instance(Timeline timeline, InstanceSettings settings)
    {
        (_timeline, Number) = (timeline, settings.Number);
        _thread = new(timeline) { Number = settings.Number };
        Clock = new(timeline, _thread) { Skew = settings.Skew };
        using (_thread.Enter())
        {
            var link = new StoreLink(settings.Store, timeline, _thread, settings.Next, settings.Log);
            Limiter = new(settings.Ledger(new(link, Clock, random: settings.Options.Random)), settings.Options, Clock);
        }
    }

    /// <summary>From 0; one that takes the place of another has a number of its own.</summary>
    public int Number { get; }

    public QuotaLimiter Limiter { get; }

    public InstanceClock Clock { get; }

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

    /// <summary>Ends it as SIGKILL does.</summary>
    public void Kill() => _thread.IsOver = true;

    /// <summary>Ends it as SIGTERM does: it gives back what it holds, as long as it is let.</summary>
    /// <param name="within">When it is killed.</param>
    public void Stop(TimeSpan within)
    {
        _timeline.Plan(_timeline.Now, _thread, _ => _ = Limiter.DisposeAsync().AsTask(), null);
        _timeline.Plan(_timeline.Now + within, Kill);
    }

    private static async Task TellAsync(ValueTask<Decision> answer, Action<Decision> onLate) => onLate(await answer);
}

/// <summary>What an instance starts with.</summary>
internal sealed record InstanceSettings(ITableStore Store)
{
    public int Number { get; init; }

    public TimeSpan Skew { get; init; }

    /// <summary>What becomes of its next request to the store.</summary>
    public required Func<Delivery> Next { get; init; }

    public IStoreLog? Log { get; init; }

    public LimiterOptions Options { get; init; } = new();

    /// <summary>What stands before its ledger.</summary>
    public Func<TableLedger, ILedger> Ledger { get; init; } = ledger => ledger;
}
