using FunctionsApi.Settings;
using System.Net;
using System.Text.Json;
using FunctionsApi.Api;

namespace FunctionsApi.Hosting.Triggers;

/// <summary>
/// Functions that a queue or timer triggers. The host calls them by <c>POST /name</c>. It lets no client reach these
/// addresses, so they are mapped only where it stands between the clients and us.
/// </summary>
internal static class TriggeredFunctions
{
    /// <param name="app">The application.</param>
    /// <param name="name">That of the folder that holds its function.json.</param>
    /// <param name="handler">May be called twice for the same message, and throws where it did not do its work.</param>
    public static void MapFunction(
        this IEndpointRouteBuilder app, string name, Func<FunctionRequest, CancellationToken, Task<FunctionResponse>> handler)
    {
        if (app.ServiceProvider.GetRequiredService<AppSettings>().Host is not null)
            app.MapPost($"/{name}", http => InvokeAsync(http, name, handler)).WithMetadata(new TriggeredFunction(name));
    }

    private static async Task InvokeAsync(HttpContext http, string name, Func<FunctionRequest, CancellationToken, Task<FunctionResponse>> handler)
    {
        if (!IsOfThisMachine(http))
        {
            ErrorResponse.Write(http, api: null, ApiError.NotFound);
            return;
        }

        try
        {
            using var body = await JsonDocument.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted);
            var response = await handler(FunctionRequest.Parse(body.RootElement), http.RequestAborted);
            await http.Response.WriteAsJsonAsync(response, FunctionJson.Default.FunctionResponse, cancellationToken: http.RequestAborted);
        }
        catch (JsonException exception)
        {
            ErrorResponse.Write(http, api: null, new(400, "no_invocation", $"This is no invocation of the function '{name}': {exception.Message}"));
        }
    }

    // What a client has sent by way of the host has the client's address.
    private static bool IsOfThisMachine(HttpContext http) => http.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address);
}

/// <summary>On the endpoint of a function that is triggered.</summary>
/// <param name="Name">That of its folder.</param>
internal sealed record TriggeredFunction(string Name);
