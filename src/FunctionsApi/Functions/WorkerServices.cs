using FunctionsApi.Settings;
using FunctionsApi.Storage;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;

namespace FunctionsApi.Functions;

/// <summary>What is different under the Azure Functions host.</summary>
internal static class WorkerServices
{
    /// <param name="services">Where to.</param>
    /// <param name="settings">Valid.</param>
    /// <param name="host">Where the program reaches the host; null where that is not known.</param>
    /// <param name="store">Where everything durable is.</param>
    /// <param name="time">Every clock of the process.</param>
    public static IServiceCollection AddWorker(this IServiceCollection services, AppSettings settings, Uri? host, ITableStore store, TimeProvider time)
    {
        HttpFunctionExecutor.Add(services);
        services
            // The host waits until the worker answers it, and the worker must not wait for the store until then.
            .Configure<HostOptions>(options => options.ServicesStartConcurrently = true)
            .Configure<KestrelServerOptions>(Composition.Configure)
            // A prefix is no word of the host's but the client's own.
            .Configure<ForwardedHeadersOptions>(options => options.ForwardedHeaders =
                ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedHost | ForwardedHeaders.XForwardedProto)
            .AddLogging(Composition.Filter)
            .AddFunctionsApi(settings, store, time)
            .AddSingleton<IFunctionMetadataTransformer>(new HubBinding(settings.Ledger, isHostKnown: host is not null))
            .AddSingleton<StartGate>()
            .AddSingleton<RequestDeadline>()
            .AddTransient<IStartupFilter, DirectRequests>()
            .AddHostedService<OrphanWatch>();
        if (settings.Ledger == LedgerKind.Entities && host is not null)
            services.AddHostedService(provider => ActivatorUtilities.CreateInstance<HubAddressLookup>(provider, host));
        // The host takes messages from Azure Queue Storage; it knows no other queue.
        return settings.Storage.HasQueueService ? services : services.AddHostedService<Agents.Ingestion.CrawlWorker>();
    }
}
