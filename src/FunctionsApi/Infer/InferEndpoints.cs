using FunctionsApi.Api;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Infer;

/// <summary>Wires the inference API in.</summary>
internal static class InferEndpoints
{
    internal static void MapInfer(this IEndpointRouteBuilder app) => app.MapApi(
        ApiKind.Inference, "POST", "/infer", "infer", app.ServiceProvider.GetRequiredService<InferEndpoint>().HandleAsync);
}
