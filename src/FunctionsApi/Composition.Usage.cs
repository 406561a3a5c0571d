using FunctionsApi.Alerts;
using FunctionsApi.Alerts.Webhooks;
using FunctionsApi.Api;
using FunctionsApi.Dashboard;
using FunctionsApi.Operations;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Settings;
using FunctionsApi.Telemetry;
using FunctionsApi.Usage;

namespace FunctionsApi;

/// <summary>What shows and tells how much is used: usage and its page, alerts, and the operator's view.</summary>
internal static partial class Composition
{
    private static IServiceCollection AddUsage(this IServiceCollection services) => services
        .AddSingleton<UsageTable>()
        .AddSingleton(provider => new UsageRecorder(provider.GetRequiredService<UsageTable>(), NowOf(provider.GetRequiredService<CorrectedClock>())))
        .AddSingleton<RequestUsage>()
        .AddSingleton<UsageReader>()
        .AddSingleton<LimitReader>()
        .AddSingleton<NextPlanReader>()
        .AddSingleton<UsageKeys>()
        .AddSingleton<UsageReads>()
        .AddHostedService<UsageFlusher>()
        .AddHostedService<LastFlush>()
        .AddSingleton<UsageEndpoint>()
        .AddSingleton<RequestEnded>(provider =>
        {
            var (usage, metrics) = (provider.GetRequiredService<RequestUsage>(), provider.GetRequiredService<QuotaMetrics>());
            var active = provider.GetRequiredService<ActiveCallers>();
            return request =>
            {
                if (request.IsDecided)
                    metrics.Decided(request.Terms.Api, request.Terms.Plan, request.Decision);
                if (active.AnyRules && request is { IsDecided: true, Decision.Outcome: not Outcome.Peeked })
                    active.Note(request.Caller, request.Terms.Api);
                usage.Ended(request);
            };
        });

    private static Func<DateTimeOffset> NowOf(CorrectedClock clock) => () => clock.Now.ToDateTimeOffset();

    private static IServiceCollection AddDashboard(this IServiceCollection services, AppSettings settings) =>
        services.AddSingleton(_ => new UsagePage(PageSettings.Of(settings.Dashboard, settings.Supabase)));

    private static IServiceCollection AddAlerts(this IServiceCollection services, AppSettings settings) => services
        .AddSingleton<AlertTable>()
        .AddSingleton<AlertDirectory>()
        .AddSingleton<ActiveCallers>()
        .AddSingleton<ThresholdWatch>()
        .AddSingleton(provider => ActivatorUtilities.CreateInstance<DigestWriter>(provider, settings.Usage.Retention))
        .AddSingleton<AlertRound>()
        .AddHostedService<AlertTimer>()
        .AddSingleton<Outbox>()
        .AddSingleton<WebhookStates>()
        .AddSingleton<WebhookSender>()
        .AddSingleton<WebhookTest>()
        .AddSingleton<Delivery>()
        .AddHostedService<DeliveryService>()
        .AddSingleton<TenantAlerts>()
        .AddSingleton<AlertRequests>()
        .AddSingleton<GetAlerts>()
        .AddSingleton<PutAlerts>()
        .AddSingleton<TestAlerts>();

    private static IServiceCollection AddOperations(this IServiceCollection services, OperationsOptions options) => services
        .AddSingleton(options)
        .AddSingleton<LedgerPeriods>()
        .AddSingleton<LedgerLatency>()
        .AddSingleton<InstanceTable>()
        .AddSingleton<OperationsDoor>()
        .AddSingleton<OperationsPage>()
        .AddHostedService<InstanceReporter>();
}
