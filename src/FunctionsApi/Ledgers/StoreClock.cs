using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Storage;

namespace FunctionsApi.Ledgers;

/// <summary>The time that all instances have in common: the store's, where it tells one, else the machine's.</summary>
internal sealed partial class StoreClock : IDisposable
{
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(1);

    private readonly ITableStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();

    public StoreClock(IStoreTime? told, ITableStore store, TimeProvider time, ILogger<StoreClock> logger)
    {
        (_store, _time, _logger) = (store, time, logger);
        Clock = new(time, told is null ? null : () => Sample(told.Time))
        {
            FoundOff = by => Log.ClockIsOff(logger, by.TotalSeconds),
            Doubted = () =>
            {
                Log.Doubted(logger);
                _ = AskAsync(_stopping.Token);
            },
        };
    }

    public CorrectedClock Clock { get; }

    /// <summary>Nobody is asked any more.</summary>
    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private static StoreTimeSample? Sample(StoreTime? told) => told is null
        ? null
        : new(Instant.From(told.At), Instant.From(told.At + told.Resolution), told.Asked, told.Answered);

    // Whatever a store answers tells its time.
    private async Task AskAsync(CancellationToken stopping)
    {
        var saidWhy = false;
        while (Clock.IsInDoubt && !stopping.IsCancellationRequested)
        {
            try
            {
                await _store.GetAsync(TableLedger.Table, new("time", ""), stopping);
            }
            // The next one may be answered, whatever became of this one: were nobody to ask, the clock would stay in doubt.
            catch (Exception e)
            {
                if (!saidWhy && !stopping.IsCancellationRequested)
                    Log.NotTold(_logger, e.GetType().Name, e.Message);
                saidWhy = true;
            }
            Clock.Synchronise();
            if (Clock.IsInDoubt)
                await Task.Delay(AskAgainAfter, _time, stopping)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The store does not tell the time and is asked again every second: {Kind}: {Reason}")]
        public static partial void NotTold(ILogger logger, string kind, string reason);

        [LoggerMessage(LogLevel.Warning, "This machine's clock is {Seconds:0.#} s ahead of the store's; quotas are counted by the store's. Let it keep its time by NTP")]
        public static partial void ClockIsOff(ILogger logger, double seconds);

        [LoggerMessage(LogLevel.Warning, "This machine's clock was set, or the machine slept; until the store tells the time again, requests are answered 503")]
        public static partial void Doubted(ILogger logger);
    }
}
