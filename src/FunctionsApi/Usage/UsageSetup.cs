namespace FunctionsApi.Usage;

/// <summary>Usage's parts and its route.</summary>
internal static class UsageSetup
{
    public static IServiceCollection AddUsage(this IServiceCollection services) => services
        .AddSingleton<UsageTable>()
        .AddSingleton<UsageRecorder>()
        .AddSingleton<UsageReader>()
        .AddSingleton<LimitReader>()
        .AddHostedService<UsageFlusher>();

    public static void MapUsage(this IEndpointRouteBuilder app) => UsageEndpoint.Map(app);
}
