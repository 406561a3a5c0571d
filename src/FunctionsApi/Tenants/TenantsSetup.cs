namespace FunctionsApi.Tenants;

/// <summary>The parts that know plans and tenants.</summary>
internal static class TenantsSetup
{
    public static IServiceCollection AddTenants(this IServiceCollection services) => services
        .AddSingleton<PlanTable>()
        .AddSingleton<TenantTable>()
        .AddSingleton<TenantDirectory>()
        .AddHostedService<TenantRefresher>();
}
