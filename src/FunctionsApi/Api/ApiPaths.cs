using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Api;

/// <summary>Where the APIs are.</summary>
internal static class ApiPaths
{
    /// <returns>Whose shapes the answers at this path have; null outside both APIs.</returns>
    public static ApiKind? ApiAt(PathString path) =>
        path.StartsWithSegments("/infer") ? ApiKind.Inference
        : path.StartsWithSegments("/api/v1") ? ApiKind.Agents
        : null;
}
