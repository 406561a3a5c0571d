using FunctionsApi.TestKit.Hosting.Bindings;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Primitives;

namespace FunctionsApi.TestKit.Hosting.Http;

/// <summary>The routes of HTTP functions, none before the worker has told them. Which one a request goes to is ASP.NET Core's routing.</summary>
internal sealed class FunctionEndpoints : EndpointDataSource, IDisposable
{
    private readonly CancellationTokenSource _changed = new();
    private volatile IReadOnlyList<Endpoint>? _endpoints;

    public override IReadOnlyList<Endpoint> Endpoints => _endpoints ?? [];

    // A token that has changed already would be asked for again and again.
    public override IChangeToken GetChangeToken() => _endpoints is null ? new CancellationChangeToken(_changed.Token) : new CancellationChangeToken(CancellationToken.None);

    /// <summary>Makes the routes, once.</summary>
    public void Set(IEnumerable<Function> functions, string routePrefix, RequestDelegate handle)
    {
        _endpoints = [.. from function in functions where function.IsHttp select Make(function, routePrefix, handle)];
        _changed.Cancel();
    }

    public void Dispose() => _changed.Dispose();

    private static Endpoint Make(Function function, string routePrefix, RequestDelegate handle)
    {
        var route = $"{routePrefix}/{function.Trigger.Text("route") ?? function.Name}";
        var builder = new RouteEndpointBuilder(handle, RoutePatternFactory.Parse(route), order: 0) { DisplayName = function.Name };
        builder.Metadata.Add(function);
        if (function.Trigger.Json.TryGetProperty("methods", out var methods) && methods.GetArrayLength() > 0)
            builder.Metadata.Add(new HttpMethodMetadata(methods.EnumerateArray().Select(method => method.GetString()!.ToUpperInvariant())));
        return builder.Build();
    }
}
