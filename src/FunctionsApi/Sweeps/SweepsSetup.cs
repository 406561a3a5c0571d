using FunctionsApi.Hosting;
using FunctionsApi.Hosting.Triggers;

namespace FunctionsApi.Sweeps;

/// <summary>The parts that delete what has expired.</summary>
internal static class SweepsSetup
{
    /// <param name="services">The server's.</param>
    /// <param name="host">Its timer sweeps; where there is none, ours does.</param>
    public static IServiceCollection AddSweeps(this IServiceCollection services, FunctionsHost? host)
    {
        services.AddSingleton<Sweeper>().AddSingleton<HourlySweep>();
        return host is null ? services.AddHostedService<SweepTimer>() : services;
    }

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
