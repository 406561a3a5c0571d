using FunctionsApi.Api;
using FunctionsApi.Quotas.Policies;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsApi.Tests.Api;

/// <summary>An endpoint that does what a test says.</summary>
internal sealed class TestEndpoint(ApiKind api, string name, Func<ApiRequest, Task> handle) : ApiEndpoint(api, name)
{
    public override Task HandleAsync(ApiRequest request) => handle(request);
}

internal static class TestEndpoints
{
    public static void MapApi(this WebApplication app, ApiKind api, string method, string pattern, string name, Func<ApiRequest, Task> handle)
    {
        var (pipeline, endpoint) = (app.Services.GetRequiredService<ApiPipeline>(), new TestEndpoint(api, name, handle));
        app.MapMethods(pattern, [method], http => pipeline.InvokeAsync(http, endpoint));
    }
}
