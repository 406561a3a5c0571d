using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FunctionsApi.EndToEnd.Tests.Hosting.Double;

/// <summary>The side of the host that clients see.</summary>
internal static class Front
{
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(30);

    /// <param name="root">Whose functions.</param>
    /// <param name="handler">Where the handler is, once it is ready; null where it has ended for good.</param>
    /// <param name="replace">Ends the handler and starts another.</param>
    public static WebApplication Build(AppRoot root, Func<Task<Uri?>> handler, Action? replace = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        // What is in the environment is meant to mislead the handler, not us.
        builder.WebHost.UseUrls("http://127.0.0.1:0").PreferHostingUrls(true);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = DrainLimit);

        var app = builder.Build();
        var routes = new FunctionRoutes(root.Functions);
        var handlers = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
        });
        app.MapPost("/admin/functions/{name}", (HttpContext http, string name) => TriggerAsync(http, root.Functions.Single(function => function.Name == name), handlers, handler));
        app.MapFallback("{**path}", http => routes.Find(http.Request.Method, http.Request.Path) is null
            ? NotFound(http)
            : SendAsync(http, root, handlers, handler, replace));
        return app;
    }

    private static Task NotFound(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    private static async Task SendAsync(
        HttpContext http, AppRoot root, HttpMessageInvoker handlers, Func<Task<Uri?>> handler, Action? replace)
    {
        if (await handler() is not { } address)
            http.Response.StatusCode = StatusCodes.Status500InternalServerError;
        else if (root.Mode == HostMode.Proxying)
            await WithinAsync(root.FunctionTimeout, http, Proxying.SendAsync(http, handlers, address), replace);
        else
            await WithinAsync(root.FunctionTimeout, http, Forwarding.SendAsync(http, handlers, address), replace);
    }

    /// <summary>What takes longer costs the handler its life, and all that it has in hand their answers.</summary>
    private static async Task WithinAsync(TimeSpan limit, HttpContext http, Task sending, Action? replace)
    {
        try
        {
            await sending.WaitAsync(limit);
        }
        catch (TimeoutException) when (!sending.IsCompleted)
        {
            replace?.Invoke();
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (http.Response.HasStarted)
                http.Abort();
            else
                http.Response.StatusCode = StatusCodes.Status500InternalServerError;
        }
    }

    /// <summary>What a queue's message or a timer does, by hand: <c>{"input": …}</c> is the message.</summary>
    private static async Task TriggerAsync(HttpContext http, Function function, HttpMessageInvoker handlers, Func<Task<Uri?>> handler)
    {
        var input = (await JsonNode.ParseAsync(http.Request.Body))!["input"]!;
        var (succeeded, text) = await Invocation.SendAsync(handlers, (await handler())!, function, input, new() { ["DequeueCount"] = "1" }, http.RequestAborted);
        http.Response.StatusCode = succeeded ? StatusCodes.Status202Accepted : StatusCodes.Status500InternalServerError;
        await http.Response.WriteAsync(text);
    }
}
