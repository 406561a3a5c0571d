using FunctionsApi.Benchmarks.Servers;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Benchmarks.Ledgers;

internal static class Plans
{
    /// <summary>Those that are sold.</summary>
    public static PlanCatalog Read() =>
        PlanCatalog.Parse(File.ReadAllBytes(Path.Combine(Tool.Repository, "infra", "plans.json"))).Catalog!;
}
