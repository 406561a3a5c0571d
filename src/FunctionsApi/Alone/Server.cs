using System.Net.Sockets;
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
        try
        {
            var builder = AppSettings.Load(CreateBuilder);
            var settings = AppSettings.Read(builder.Configuration);
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
        builder.WebHost.ConfigureKestrel(Composition.Configure);
        builder.Services
            .AddFunctionsApi(settings, store, time, functions)
            .AddHostedService<SweepTimer>()
            .AddHostedService<CrawlWorker>();

        var app = builder.Build();
        app.UseLastResort();
        app.UseUnknownRoutes(functions);
        app.MapFunctions(functions);
        map?.Invoke(app);
        return app;
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
        builder.WebHost.UseUrls(builder.Configuration["URLS"] is { Length: > 0 } urls ? urls : "http://127.0.0.1:7071");
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
        var demo = app.Environment.IsDevelopment() ? await DemoTenant.CreateAsync(store, time, CancellationToken.None) : [];
        await Welcome.WriteAsync(app.Urls, demo, output);
        await app.WaitForShutdownAsync();
        // Whoever started us starts us again unless we say that all is well.
        return app.Services.GetServices<IHostedService>().OfType<BackgroundService>().Any(service => service.ExecuteTask is { IsFaulted: true }) ? 1 : 0;
    }

    private static async Task StartAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        // What Kestrel throws where an address is taken, forbidden or no address; none of these is a TableStoreException.
        catch (Exception exception) when (exception is SocketException or FormatException or InvalidOperationException
            || exception.GetType() == typeof(IOException))
        {
            app.Lifetime.StopApplication();
            throw new SettingsException($"{exception.Message.TrimEnd('.')}. Free the address, or set ASPNETCORE_URLS to another, as http://127.0.0.1:7072.");
        }
        catch (ArgumentOutOfRangeException)
        {
            app.Lifetime.StopApplication();
            throw new SettingsException($"ASPNETCORE_URLS is '{app.Configuration["URLS"]}': a port is 0 to 65535. Set it to an address such as http://127.0.0.1:7072.");
        }
        finally
        {
            // Whatever runs already must not take what follows a failed start for its own failure.
            if (!app.Lifetime.ApplicationStarted.IsCancellationRequested)
                await app.StopAsync();
        }
    }
}
