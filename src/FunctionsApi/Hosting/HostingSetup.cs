using FunctionsApi.Hosting.Triggers;
using FunctionsApi.Settings;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Logging.Console;

namespace FunctionsApi.Hosting;

/// <summary>What is different where the Functions host has started us. Without it nothing here does anything.</summary>
internal static class HostingSetup
{
    /// <summary>Listens where the host expects us, and nowhere else.</summary>
    public static void ListenFor(this WebApplicationBuilder builder, FunctionsHost host) => builder.WebHost
        .UseUrls($"http://127.0.0.1:{host.Port}")
        // The host passes its whole environment on: neither its ASPNETCORE_URLS nor its Kestrel__Endpoints are meant for us.
        .PreferHostingUrls(true);

    public static IServiceCollection AddFunctionsHost(this IServiceCollection services, FunctionsHost? host) => host is null
        ? services
        : services
            // The host waits until we listen, and we must not wait for the store until then.
            .Configure<HostOptions>(options => options.ServicesStartConcurrently = true)
            .Configure<SimpleConsoleFormatterOptions>(console => console.IncludeScopes = true)
            .AddSingleton<StartGate>()
            .AddSingleton<InvocationScope>()
            .AddSingleton<RequestDeadline>()
            .AddHostedService<OrphanWatch>();

    /// <param name="app">Before its other middleware.</param>
    /// <param name="host">Null adds nothing.</param>
    public static void UseFunctionsHost(this WebApplication app, FunctionsHost? host)
    {
        if (host is null)
            return;
        // Where the host does not proxy a request but rebuilds it, it names no client, and what is in these headers is the client's own word.
        app.UseWhen(http => !http.Request.Headers.ContainsKey(InvocationScope.RebuiltHeader), proxied => proxied.UseForwardedHeaders(LastProxy()));
        app.Use(app.Services.GetRequiredService<InvocationScope>().InvokeAsync);
        app.Use(app.Services.GetRequiredService<StartGate>().InvokeAsync);
        app.Use(app.Services.GetRequiredService<RequestDeadline>().InvokeAsync);
        app.UseUnknownFunctions();
    }

    /// <summary>The last word is the host's; all before it are the client's. Believed from this machine alone, which is the default.</summary>
    private static ForwardedHeadersOptions LastProxy() => new()
    {
        ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedHost | ForwardedHeaders.XForwardedProto,
        ForwardLimit = 1,
    };
}
