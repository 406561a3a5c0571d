using FunctionsApi.Ledger;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Telemetry;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FunctionsApi.Operations;

/// <summary>The limiter and its ledger.</summary>
internal static partial class QuotasSetup
{
    public static IServiceCollection AddQuotas(this IServiceCollection services, WhenLedgerUnavailable whenUnavailable)
    {
        services.TryAddSingleton<ILedger, TableLedger>();
        services.AddSingleton<QuotaMetrics>();
        return services.AddSingleton(provider =>
        {
            var logger = provider.GetRequiredService<ILogger<QuotaLimiter>>();
            var (metrics, time) = (provider.GetRequiredService<QuotaMetrics>(), provider.GetRequiredService<TimeProvider>());
            var limiter = new QuotaLimiter(
                new ObservedLedger(provider.GetRequiredService<ILedger>(), metrics, time),
                new() { WhenLedgerUnavailable = whenUnavailable },
                time)
            {
                OutageChanged = outage => LogChange(logger, outage, whenUnavailable),
            };
            metrics.Observe(limiter);
            return limiter;
        });
    }

    private static void LogChange(ILogger logger, LedgerOutage? outage, WhenLedgerUnavailable whenUnavailable)
    {
        if (outage is not null)
            Log.Away(logger, outage.Reason, whenUnavailable);
        else
            Log.Back(logger);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The ledger cannot be asked; leases are spent, and then requests are decided by: {WhenUnavailable}. {Reason}")]
        public static partial void Away(ILogger logger, string reason, WhenLedgerUnavailable whenUnavailable);

        [LoggerMessage(LogLevel.Information, "The ledger answers again")]
        public static partial void Back(ILogger logger);
    }
}
