using FunctionsApi.Hosting.Triggers;

namespace FunctionsApi.Sweeps;

/// <summary>The sweep's function.</summary>
internal static class SweepsSetup
{
    /// <summary>The function <c>sweep</c>.</summary>
    public static void MapSweeps(this IEndpointRouteBuilder app)
    {
        var sweep = app.ServiceProvider.GetRequiredService<HourlySweep>();
        app.MapFunction("sweep", async (_, cancellationToken) =>
        {
            await sweep.RunAsync(cancellationToken);
            return new();
        });
    }
}
