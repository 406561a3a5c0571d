using System.Runtime.ExceptionServices;
using FunctionsApi.Ledgers;
using FunctionsApi.Settings;
using FunctionsApi.Storage;
using FunctionsApi.Telemetry;
using FunctionsApi.Tenants;
using Microsoft.Azure.Functions.Worker.Builder;

namespace FunctionsApi.Functions;

/// <summary>Serves as the isolated worker of the Azure Functions host.</summary>
internal static class Worker
{
    /// <summary>Serves until it is told to stop.</summary>
    /// <returns>
    /// Never 0: a worker that ends with 0 is not started again, and its clients' requests hang.
    /// </returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        Rehearsal.Begin();
        try
        {
            var builder = AppSettings.Load(() => CreateBuilder(args));
            var settings = AppSettings.Read(builder.Configuration, underFunctionsHost: true);
            StartTimes.Mark("configuration");
            var store = await ConfiguredStore.OpenAsync(settings.Storage, TableLedger.Table);
            await using var closing = store as IAsyncDisposable;
            await ServeAsync(builder, settings, store, output);
        }
        catch (Exception exception) when (exception is SettingsException or TableStoreException)
        {
            await error.WriteLineAsync(exception.Message);
        }

        return 1;
    }

    /// <summary>The worker before it has its services.</summary>
    /// <param name="args">Those of the host.</param>
    public static FunctionsApplicationBuilder CreateBuilder(string[] args)
    {
        // No watching of files: settings are read once, at start.
        var builder = FunctionsApplication.CreateBuilder([.. args, "--hostBuilder:reloadConfigOnChange=false"]);
        builder.Environment.EnvironmentName = Composition.EnvironmentName;
        builder.ConfigureFunctionsWebApplication();
        builder.UseMiddleware<InvocationMiddleware>();
        builder.UseMiddleware<HubClientMiddleware>();
        return builder;
    }

    private static async Task ServeAsync(FunctionsApplicationBuilder builder, AppSettings settings, ITableStore store, TextWriter output)
    {
        builder.Services.AddWorker(settings, FunctionsHost.LocalAddress(builder.Configuration, settings.Quotas), store, TimeProvider.System);
        using var host = builder.Build();
        await StartAsync(host);
        StartTimes.Mark("listening");
        StartTimes.Tell(output);
        var demo = builder.Environment.IsDevelopment() ? await DemoTenant.CreateAsync(store, TimeProvider.System, CancellationToken.None) : null;
        await Welcome.WriteAsync([FunctionsHost.Address(builder.Configuration)], demo, output);
        await host.WaitForShutdownAsync();
    }

    private static async Task StartAsync(IHost host)
    {
        try
        {
            await host.StartAsync();
        }
        catch (AggregateException several)
        {
            // Services start side by side. The first failure says enough.
            ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }
        finally
        {
            // Services that run already must not take what follows a failed start for a failure of their own.
            if (!host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.IsCancellationRequested)
                await host.StopAsync();
        }
    }
}
