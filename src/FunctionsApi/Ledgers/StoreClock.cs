using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Storage;

namespace FunctionsApi.Ledgers;

/// <summary>The time that all instances have in common: the store's, where it tells one, else the machine's.</summary>
internal sealed partial class OneTime
{
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(1);

    private readonly ITableStore _store;
    private readonly TimeProvider _time;

    public OneTime(IStoreTime? told, ITableStore store, TimeProvider time, ILogger<OneTime> logger)
    {
        (_store, _time) = (store, time);
        Clock = new(time, told is null ? null : () => Sample(told.Time))
        {
            FoundOff = by => Log.ClockIsOff(logger, by.TotalSeconds),
            Doubted = () =>
            {
                Log.Doubted(logger);
                _ = AskAsync();
            },
        };
    }

    public CorrectedClock Clock { get; }

    private static StoreTimeSample? Sample(StoreTime? told) => told is null
        ? null
        : new(Instant.From(told.At), Instant.From(told.At + told.Resolution), told.Asked, told.Answered);

    // Whatever a store answers tells its time.
    private async Task AskAsync()
    {
        while (Clock.IsInDoubt)
        {
            try
            {
                await _store.GetAsync(TableLedger.Table, new("time", ""), CancellationToken.None);
            }
            catch (Exception e) when (e is TableStoreException or OperationCanceledException)
            {
                // The next one may be answered.
            }
            Clock.Synchronise();
            if (Clock.IsInDoubt)
                await Task.Delay(AskAgainAfter, _time);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "This machine's clock is {Seconds:0.#} s ahead of the store's; quotas are counted by the store's. Let it keep its time by NTP")]
        public static partial void ClockIsOff(ILogger logger, double seconds);

        [LoggerMessage(LogLevel.Warning, "This machine's clock was set, or the machine slept; until the store tells the time again, requests are answered 503")]
        public static partial void Doubted(ILogger logger);
    }
}
