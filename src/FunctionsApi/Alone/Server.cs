using System.Runtime.ExceptionServices;
using System.Text;
using FunctionsApi.Agents;
using FunctionsApi.Api;
using FunctionsApi.Dashboard;
using FunctionsApi.Health;
using FunctionsApi.Hosting;
using FunctionsApi.Infer;
using FunctionsApi.Ledgers;
using FunctionsApi.Settings;
using FunctionsApi.Storage;
using FunctionsApi.Sweeps;
using FunctionsApi.Telemetry;
using FunctionsApi.Tenants;
using FunctionsApi.Usage;
using Microsoft.Net.Http.Headers;

namespace FunctionsApi.Alone;

/// <summary>Puts the server together and runs it.</summary>
internal static class Server
{
    // With the 5 s in which the limiter gives its leases back, under 10.
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(1.5);

    /// <summary>Serves until it is told to stop.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(TextWriter output, TextWriter error)
    {
        try
        {
            var builder = AppSettings.Load(ServerBuilder.Create);
            var settings = AppSettings.Read(builder.Configuration);
            if (settings.Host is { } host)
                builder.ListenFor(host);
            else
                builder.Listen();
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
    /// <param name="map">More routes.</param>
    public static WebApplication Build(
        WebApplicationBuilder builder, AppSettings settings, ITableStore store, TimeProvider time, Action<WebApplication>? map = null)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            KestrelRefusals.Watch(kestrel);
            // Every endpoint has a limit of its own. Kestrel's would end the connection while the client sends, which then sees a reset in
            // place of the answer; what is not read is discarded for up to 5 s instead.
            kestrel.Limits.MaxRequestBodySize = null;
            // Any byte may be read, so that a credential of odd ones is answered by us and in the API's shape.
            kestrel.RequestHeaderEncodingSelector = name => name == HeaderNames.Authorization ? Encoding.Latin1 : null;
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopTimeout);
        builder.Services.AddSingleton(settings).AddFunctionsApi(settings, store, time);

        var app = builder.Build();
        KestrelRefusals.Watch(app.Services);
        app.UseFunctionsHost(settings.Host);
        app.UseLastResort();
        app.UseUnknownRoutes();
        app.MapHealth();
        app.MapInfer();
        app.MapUsage();
        app.MapDashboard();
        app.MapAgents();
        app.MapSweeps();
        map?.Invoke(app);
        app.MapOtherMethods();
        return app;
    }

    private static async Task<int> ServeAsync(WebApplicationBuilder builder, AppSettings settings, ITableStore store, TextWriter output)
    {
        var time = TimeProvider.System;
        await using var app = Build(builder, settings, store, time);
        StartTimes.Mark("routes");
        await StartAsync(app);
        StartTimes.Mark("listening");
        StartTimes.Tell(output);
        var demo = app.Environment.IsDevelopment() ? await DemoTenant.CreateAsync(store, time, CancellationToken.None) : [];
        await Welcome.WriteAsync(app, demo, output);
        await app.WaitForShutdownAsync();
        await FlushAsync(app.Services.GetRequiredService<UsageRecorder>());
        // Whoever started us starts us again unless we say that all is well, which to the Functions host it never is.
        return settings.Host is not null || app.Services.GetServices<IHostedService>().OfType<BackgroundService>().Any(service => service.ExecuteTask is { IsFaulted: true })
            ? 1
            : 0;
    }

    private static async Task FlushAsync(UsageRecorder usage)
    {
        // Answers that were on their way may have used up the time in which the server stops, and were counted after it.
        using var timeout = new CancellationTokenSource(FlushTimeout);
        try
        {
            await usage.FlushAsync(timeout.Token);
        }
        catch (Exception exception) when (exception is TableStoreException or OperationCanceledException)
        {
            // Its regular flush has logged why.
        }
    }

    private static async Task StartServicesAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        catch (AggregateException several)
        {
            // Under the Functions host services start side by side. The first failure says enough.
            ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }
    }

    private static async Task StartAsync(WebApplication app)
    {
        try
        {
            await StartServicesAsync(app);
        }
        catch (Exception exception) when (StartAdvice.For(exception, ServerBuilder.Urls(app.Configuration)) is { } advice)
        {
            app.Lifetime.StopApplication();
            throw new SettingsException(advice);
        }
        finally
        {
            // Whatever runs already must not take what follows a failed start for its own failure.
            if (!app.Lifetime.ApplicationStarted.IsCancellationRequested)
                await app.StopAsync();
        }
    }
}
