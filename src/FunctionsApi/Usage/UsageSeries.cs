using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Usage;

/// <summary>What is counted together: one credential's requests to one endpoint.</summary>
/// <param name="Tenant">Whose usage it is.</param>
/// <param name="Key">The API key's id, or <see cref="Dashboard"/> for a tenant's signed-in users.</param>
/// <param name="Api">Which API.</param>
/// <param name="Endpoint">The endpoint's short name, for example <c>infer</c> or <c>crawl</c>.</param>
internal readonly record struct UsageSeries(string Tenant, string Key, ApiKind Api, string Endpoint)
{
    public const string Dashboard = "dashboard";
}
