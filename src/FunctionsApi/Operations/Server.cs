using FunctionsApi.Auth;
using FunctionsApi.Http;
using FunctionsApi.Infer;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Storage;
using FunctionsApi.Tenants;

namespace FunctionsApi.Operations;

/// <summary>Puts the server together.</summary>
internal static class Server
{
    /// <param name="builder">Configured; what it already has registered wins over what is added here.</param>
    /// <param name="store">Where everything durable is.</param>
    /// <param name="time">Every clock of the process.</param>
    /// <param name="map">More routes.</param>
    public static WebApplication Build(WebApplicationBuilder builder, ITableStore store, TimeProvider time, Action<WebApplication>? map = null)
    {
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Services
            .AddSingleton(store)
            .AddSingleton(time)
            .AddSingleton<KeyTable>()
            .AddSingleton<Authenticator>()
            .AddSingleton<TenantDirectory>()
            .AddSingleton<QuotaLimiter>()
            .AddSingleton<ApiPipeline>()
            .AddInfer();

        var app = builder.Build();
        app.MapInfer();
        map?.Invoke(app);
        app.MapUnknownApiRoutes();
        return app;
    }
}
