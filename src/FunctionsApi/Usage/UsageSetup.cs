namespace FunctionsApi.Usage;

/// <summary>Usage's route.</summary>
internal static class UsageSetup
{
    public static void MapUsage(this IEndpointRouteBuilder app) => UsageEndpoint.Map(app);
}
