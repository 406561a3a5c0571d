using System.Net.Sockets;
using System.Text;
using FunctionsApi.Agents;
using FunctionsApi.Auth;
using FunctionsApi.Http;
using FunctionsApi.Infer;
using FunctionsApi.Storage;
using FunctionsApi.Storage.Sqlite;
using FunctionsApi.Tenants;
using FunctionsApi.Usage;
using Microsoft.Net.Http.Headers;

namespace FunctionsApi.Operations;

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
            var builder = CreateBuilder();
            var settings = Settings.Read(builder.Configuration);
            builder.WebHost.UseUrls(Addresses(builder.Configuration, settings.HostPort));
            await using var store = await SqliteTableStore.OpenAsync(settings.StoragePath);
            await ServeAsync(builder, settings, store, output);
            return 0;
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
        WebApplicationBuilder builder, Settings settings, ITableStore store, TimeProvider time, Action<WebApplication>? map = null)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            // Any byte may be read, so that a credential of odd ones is answered by us and in the API's shape.
            kestrel.RequestHeaderEncodingSelector = name => name == HeaderNames.Authorization ? Encoding.Latin1 : null;
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopTimeout);
        builder.Services
            .AddSingleton(settings)
            .AddSingleton(store)
            .AddSingleton(time)
            .AddOperations()
            .AddAuth(settings.Supabase, forwarded: settings.HostPort is not null)
            .AddTenants()
            .AddUsage()
            .AddQuotas(settings.WhenLedgerUnavailable)
            .AddSingleton<ApiPipeline>()
            .AddInfer()
            .AddAgents(settings.Crawl);

        var app = builder.Build();
        app.UseLastResort();
        app.UseUnknownRoutes();
        app.MapOperations();
        app.MapInfer();
        app.MapUsage();
        app.MapAgents();
        map?.Invoke(app);
        app.MapOtherMethods();
        return app;
    }

    private static async Task ServeAsync(WebApplicationBuilder builder, Settings settings, ITableStore store, TextWriter output)
    {
        var time = TimeProvider.System;
        if (!settings.AcceptClockSetBack)
            await new Clock(store, time).CheckAsync(CancellationToken.None);
        var demo = builder.Environment.IsDevelopment() ? await Demo.CreateAsync(store, time, CancellationToken.None) : [];
        await using var app = Build(builder, settings, store, time);
        await StartAsync(app);
        await Welcome.WriteAsync(app, demo, output);
        await app.WaitForShutdownAsync();
        await FlushAsync(app.Services.GetRequiredService<UsageRecorder>());
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
            throw new SettingsException($"{exception.Message.TrimEnd('.')}. Free the address, or set ASPNETCORE_URLS to another, as http://127.0.0.1:7072.");
        }
    }

    // dotnet run builds for debugging. A launchSettings.json would say the same, and make dotnet run print a line of its own
    // before each command's output.
#if DEBUG
    private static string DefaultEnvironment => Environments.Development;
#else
    private static string DefaultEnvironment => Environments.Production;
#endif

    // Above every endpoint's own limit; what no endpoint reads is refused by Kestrel.
    private const long MaxBodyBytes = 16 * 1024 * 1024;

    private static WebApplicationBuilder CreateBuilder()
    {
        // No watching of files: settings are read once, at start.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            Args = ["--hostBuilder:reloadConfigOnChange=false"],
            EnvironmentName = Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT")
                ?? Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT")
                ?? DefaultEnvironment,
        });
        builder.Logging
            .AddSimpleConsole(console => console.SingleLine = true)
            .AddFilter("Microsoft", LogLevel.Warning)
            // It logs with a stack trace what RunAsync says in a sentence.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None)
            // Kestrel starts an activity for every request as long as anybody could log it.
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        return builder;
    }

    // The Functions host passes its own environment on, ASPNETCORE_URLS included: its port goes first.
    private static string Addresses(ConfigurationManager configuration, int? hostPort) =>
        hostPort is { } port ? $"http://127.0.0.1:{port}"
        : configuration["URLS"] is { Length: > 0 } urls ? urls
        : "http://127.0.0.1:7071";
}
