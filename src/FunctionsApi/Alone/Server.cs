using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Api;
using FunctionsApi.Functions;
using FunctionsApi.Ledgers;
using FunctionsApi.Settings;
using FunctionsApi.Storage;
using FunctionsApi.Telemetry;
using FunctionsApi.Tenants;

namespace FunctionsApi.Alone;

/// <summary>Serves on Kestrel, without the Functions host.</summary>
internal static class Server
{
    /// <summary>Serves until it is told to stop.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(TextWriter output, TextWriter error)
    {
        Rehearsal.Begin();
        try
        {
            var builder = AppSettings.Load(CreateBuilder);
            var settings = AppSettings.Read(builder.Configuration);
            if (settings.Ledger == LedgerKind.Entities)
                throw new SettingsException("Quotas__Ledger is 'entities', and only the Functions host runs them: unset it or set it to 'table', or start the program by func start.");
            StartTimes.Mark("configuration");
            var store = await ConfiguredStore.OpenAsync(settings.Storage, TableLedger.Table);
            await using var closing = store as IAsyncDisposable;
            return await ServeAsync(builder, settings, store, output);
        }
        catch (Exception exception) when (exception is SettingsException or TableStoreException)
        {
            await error.WriteLineAsync(exception.Message);
            return 1;
        }
    }

    /// <param name="builder">Configured.</param>
    /// <param name="settings">What its configuration says.</param>
    /// <param name="store">Where everything durable is.</param>
    /// <param name="time">Every clock of the process.</param>
    /// <param name="functions">What HTTP triggers.</param>
    /// <param name="map">More routes.</param>
    public static WebApplication Build(
        WebApplicationBuilder builder, AppSettings settings, ITableStore store, TimeProvider time, IReadOnlyList<HttpFunction> functions, Action<WebApplication>? map = null)
    {
        builder.WebHost.ConfigureKestrel(Composition.Configure).ConfigureKestrel(KestrelRefusals.Watch);
        builder.Services
            .AddFunctionsApi(settings, store, time, functions)
            .AddHostedService<SweepTimer>()
            .AddHostedService<CrawlWorker>();

        var app = builder.Build();
        KestrelRefusals.Watch(app.Services);
        app.UseLastResort();
        app.UseCors();
        app.UseUnknownRoutes(functions);
        app.MapFunctions(functions);
        map?.Invoke(app);
        return app;
    }

    /// <summary>Where to listen, separated by semicolons.</summary>
    private static string Urls(IConfiguration configuration) => configuration["URLS"] is { Length: > 0 } urls ? urls : "http://127.0.0.1:7071";

    private static void UseCors(this WebApplication app)
    {
        var cors = app.Services.GetRequiredService<Cors>();
        app.Use(next => http => cors.Answers(http) ? Task.CompletedTask : next(http));
    }

    private static WebApplicationBuilder CreateBuilder()
    {
        // No watching of files: settings are read once, at start.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            Args = ["--hostBuilder:reloadConfigOnChange=false"],
            EnvironmentName = Composition.EnvironmentName,
        });
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        Composition.Filter(builder.Logging);
        var urls = Urls(builder.Configuration);
        builder.WebHost.UseUrls(urls);
        // It costs time at start, and few listen so.
        if (urls.Contains("https:", StringComparison.OrdinalIgnoreCase))
            builder.WebHost.UseKestrelHttpsConfiguration();
        return builder;
    }

    private static async Task<int> ServeAsync(WebApplicationBuilder builder, AppSettings settings, ITableStore store, TextWriter output)
    {
        var time = TimeProvider.System;
        await using var app = Build(builder, settings, store, time, HttpFunction.All);
        StartTimes.Mark("routes");
        await StartAsync(app);
        StartTimes.Mark("listening");
        StartTimes.Tell(output);
        var demo = app.Environment.IsDevelopment() ? await DemoTenant.CreateAsync(store, time, CancellationToken.None) : null;
        await Welcome.WriteAsync(app.Urls, demo, output);
        await app.WaitForShutdownAsync();
        // A supervisor, such as a container's, starts us again unless we say that all is well.
        return app.Services.GetServices<IHostedService>().OfType<BackgroundService>().Any(service => service.ExecuteTask is { IsFaulted: true }) ? 1 : 0;
    }

    private static async Task StartAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        catch (Exception exception) when (StartAdvice.For(exception, Urls(app.Configuration)) is { } advice)
        {
            app.Lifetime.StopApplication();
            throw new SettingsException(advice);
        }
        finally
        {
            // Services that run already must not take what follows a failed start for a failure of their own.
            if (!app.Lifetime.ApplicationStarted.IsCancellationRequested)
                await app.StopAsync();
        }
    }
}
