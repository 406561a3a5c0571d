namespace FunctionsApi.Sweeps;

/// <summary>The parts that delete what has expired.</summary>
internal static class SweepsSetup
{
    public static IServiceCollection AddSweeps(this IServiceCollection services) => services
        .AddSingleton<Sweeper>()
        .AddHostedService<SweepTimer>();
}
