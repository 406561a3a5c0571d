using FunctionsApi.Agents.Knowledge;
using FunctionsApi.Auth;
using FunctionsApi.Ledgers;
using FunctionsApi.Operations;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Settings;
using FunctionsApi.Storage;
using FunctionsApi.Sweeps;
using FunctionsApi.Telemetry;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FunctionsApi;

/// <summary>What counts: the ledger, the limiter on it, and the sweep of what has expired.</summary>
internal static partial class Composition
{
    private static IServiceCollection AddLedger(this IServiceCollection services, AppSettings settings)
    {
        services
            .AddSingleton<EntityRuns>()
            .AddSingleton<HubClient>()
            .AddSingleton<IEntityHub, DurableHub>();
        if (settings.Ledger == LedgerKind.Table)
        {
            services.TryAddSingleton<ILedger, TableLedger>();
            return services;
        }
        services.TryAddSingleton<ILedger, DurableLedger>();
        return services
            .AddSingleton(provider => new HubTables(provider.GetRequiredService<ITableStore>(), settings.TaskHub))
            .AddSingleton<HubWatch>()
            .AddHostedService(provider => provider.GetRequiredService<HubWatch>());
    }

    private static IServiceCollection AddQuotas(
        this IServiceCollection services, AppSettings settings, IStoreTime? storeTime)
    {
        var options = LimiterOptions(settings);
        services.TryAddSingleton<QuotaMetrics>();
        services.AddSingleton(provider => new StoreClock(
            storeTime, provider.GetRequiredService<ITableStore>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<StoreClock>>()));
        services.AddSingleton(provider => provider.GetRequiredService<StoreClock>().Clock);
        return services.AddSingleton(provider =>
        {
            var log = new LimiterLog(provider.GetRequiredService<ILogger<QuotaLimiter>>(), options.WhenLedgerUnavailable);
            var (metrics, time) = (provider.GetRequiredService<QuotaMetrics>(), provider.GetRequiredService<TimeProvider>());
            var limiter = new QuotaLimiter(
                new ObservedLedger(provider.GetRequiredService<ILedger>(), metrics, time),
                options,
                time,
                provider.GetRequiredService<CorrectedClock>())
            {
                TimeSetRight = log.TimeSetRight,
                OutageChanged = log.OutageChanged,
                LedgerStateChanged = log.StateChanged,
            };
            metrics.Observe(limiter);
            provider.GetRequiredService<LedgerPeriods>().Observe(limiter);
            return limiter;
        });
    }

    private static LimiterOptions LimiterOptions(AppSettings settings)
    {
        var options = new LimiterOptions { WhenLedgerUnavailable = settings.Quotas.WhenLedgerUnavailable };
        return settings.Ledger == LedgerKind.Entities ? options with
        {
            OperationTimeout = DurableLedger.AnswersWithin,
            FirstAnswerWait = DurableLedger.FirstAnswerWait,
            MostOperationsInFlight = DurableLedger.MostOperations,
        } : options;
    }

    private static IServiceCollection AddSweeps(this IServiceCollection services, AppSettings settings) => services
        .AddSingleton(provider => new Sweeper(
            provider.GetRequiredService<ITableStore>(), settings.Usage.Retention, settings.Retention, provider.GetRequiredService<DocumentTable>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetService<HubTables>()))
        .AddSingleton(provider => new TenantRemoval(
            provider.GetRequiredService<ITableStore>(), provider.GetRequiredService<DocumentTable>(),
            new(provider.GetRequiredService<ITableStore>(), provider.GetService<HubTables>(), provider.GetRequiredService<KeyTable>()),
            provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<HourlySweep>()
        .AddSingleton<SweepsFunctions>();
}
