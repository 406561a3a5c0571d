using FunctionsApi.Health;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;
using FunctionsApi.Timers;
using FunctionsApi.Usage;

namespace FunctionsApi.Operations;

/// <summary>Writes what this instance says of itself soon after it starts, every <see cref="Interval"/>, and when it stops.</summary>
internal sealed partial class InstanceReporter(
    InstanceTable table, UsageRecorder usage, QuotaLimiter limiter, LedgerLatency latency, LedgerPeriods periods, CorrectedClock clock, TimeProvider time,
    ILogger<InstanceReporter> logger)
    : TimerService(First, time)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);

    // One consumer calls several endpoints.
    private const int MostSeries = 5 * OperationsReport.Most;

    private readonly DateTimeOffset _since = clock.Now.ToDateTimeOffset();
    private bool _failing;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryWriteAsync(stopped: true, cancellationToken);
    }

    /// <summary>What this instance says of itself now.</summary>
    public InstanceReport Report(bool stopped = false)
    {
        var (now, ledger, leases) = (clock.Now.ToDateTimeOffset(), limiter.LedgerFigures, limiter.Leases);
        var (hour, busiest, shadowed) = usage.ThisHour(MostSeries);
        return new(
            usage.InstanceId, $"{Environment.MachineName}:{Environment.ProcessId}", HealthAnswers.Version, _since, now,
            new(limiter.LedgerState.Name(), latency.Times(), ledger.InFlight, periods.All), limiter.PartitionCount, leases.Waiting,
            hour,
            OperationsReport.Sum(busiest.Select(ConsumerOf)),
            OperationsReport.Sum(shadowed.SelectMany(VerdictsOf)))
        {
            Stopped = stopped,
        };
    }

    protected override Task WorkAsync(CancellationToken stoppingToken)
    {
        Period = Interval;
        return TryWriteAsync(stopped: false, stoppingToken);
    }

    private async Task TryWriteAsync(bool stopped, CancellationToken cancellationToken)
    {
        try
        {
            await table.WriteAsync(Report(stopped), cancellationToken);
            if (_failing)
                Log.Recovered(logger);
            _failing = false;
        }
        catch (TableStoreException exception)
        {
            if (!_failing)
                Log.Failed(logger, exception.Message);
            _failing = true;
        }
        catch (OperationCanceledException) when (stopped)
        {
            // The time in which the program stops is used up; it is silent then.
        }
    }

    private static Consumer ConsumerOf(UsageRow row) => new(
        row.Series.Tenant, row.Series.Key, row.Series.Api.Name(), row.Totals.Admitted, row.Totals.Refused, row.Totals.Unavailable, row.Totals.Credits);

    private static IEnumerable<ShadowVerdict> VerdictsOf(UsageRow row) =>
        row.Totals.ShadowRefused.Select(policy => new ShadowVerdict(row.Series.Tenant, row.Series.Api.Name(), policy.Key, policy.Value));

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "What this instance says of itself cannot be written to the store. {Reason}")]
        public static partial void Failed(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Information, "What this instance says of itself is written again")]
        public static partial void Recovered(ILogger logger);
    }
}
