using FunctionsApi.Http;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Infer;

/// <summary>Wires the inference API in.</summary>
internal static class InferEndpoints
{
    /// <summary>Needs a table store, a <see cref="TimeProvider"/> and logging.</summary>
    internal static IServiceCollection AddInfer(this IServiceCollection services) => services
        .AddSingleton<DeploymentTable>()
        .AddSingleton<DeploymentDirectory>()
        .AddSingleton(provider => new UpstreamClient(
            UpstreamClient.CreateHandler(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<UpstreamClient>>()))
        .AddSingleton<HttpBackend>()
        .AddSingleton<InferEndpoint>();

    internal static void MapInfer(this IEndpointRouteBuilder app) => app.MapApi(
        ApiKind.Inference, "POST", "/infer", "infer", app.ServiceProvider.GetRequiredService<InferEndpoint>().HandleAsync);
}
