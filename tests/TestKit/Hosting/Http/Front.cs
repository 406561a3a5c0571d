using System.Net;
using FunctionsApi.TestKit.Hosting.Bindings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace FunctionsApi.TestKit.Hosting.Http;

/// <summary>The side of the host that clients see.</summary>
internal sealed class Front : IAsyncDisposable
{
    private const long MaxBodyBytes = 104_857_600;

    private readonly WebApplication _app;
    private readonly FunctionEndpoints _endpoints = new();

    /// <param name="hasHomepage">Whether <c>/</c> is the host's own page where no function takes it.</param>
    /// <param name="drainLimit">How long requests may take to end once it stops.</param>
    public Front(bool hasHomepage, TimeSpan drainLimit)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = drainLimit);
        builder.Services.AddHttpForwarder();
        _app = builder.Build();
        _app.UseRouting();
        if (hasHomepage)
            _app.Use(ShowHomepageAsync);
        _app.Use(RefuseUnknownAsync);
        ((IEndpointRouteBuilder)_app).DataSources.Add(_endpoints);
    }

    public Uri Address => new(_app.Urls.Single());

    public IHttpForwarder Forwarder => _app.Services.GetRequiredService<IHttpForwarder>();

    public Task StartAsync() => _app.StartAsync();

    public void SetRoutes(IEnumerable<Function> functions, string routePrefix, Func<HttpContext, Function, Task> handle) =>
        _endpoints.Set(functions, routePrefix, http => handle(http, http.GetEndpoint()!.Metadata.GetRequiredMetadata<Function>()));

    /// <summary>Takes no more connections, and waits for the requests in flight.</summary>
    public Task StopAsync() => _app.StopAsync();

    /// <summary>Cuts what is still connected.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
        _endpoints.Dispose();
    }

    private static Task ShowHomepageAsync(HttpContext http, RequestDelegate next)
    {
        // A function that takes the path goes first.
        if (http.Request.Path != "/" || http.GetEndpoint() is RouteEndpoint)
            return next(http);
        http.Response.ContentType = "text/html";
        return http.Response.WriteAsync("<!DOCTYPE html><title>Your Functions 4.0 app is up and running</title>");
    }

    // Routing's own answer to a method that no route has is 405, and a function may stand on no path of the host's own.
    private static Task RefuseUnknownAsync(HttpContext http, RequestDelegate next)
    {
        var endpoint = http.GetEndpoint();
        if (endpoint is RouteEndpoint && (endpoint.Metadata.GetMetadata<Function>() is null || !IsReserved(http.Request.Path)))
            return next(http);
        http.SetEndpoint(null);
        http.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    private static bool IsReserved(PathString path) =>
        path.StartsWithSegments("/admin", StringComparison.OrdinalIgnoreCase) || path.StartsWithSegments("/runtime", StringComparison.OrdinalIgnoreCase);
}
