using System.Collections.Concurrent;

namespace FunctionsApi.Infer;

/// <summary>All tenants' deployments, read when first asked for; what this process knows is at most 30 s old.</summary>
internal sealed class DeploymentDirectory(DeploymentTable table, TimeProvider time, ILogger<DeploymentDirectory> log)
{
    private readonly ConcurrentDictionary<string, TenantDeployments> _tenants = new(StringComparer.Ordinal);

    /// <param name="tenant">Whose.</param>
    /// <param name="id">The deployment's id in UTF-8.</param>
    /// <returns>The deployment, or null where the tenant has none of that id.</returns>
    /// <exception cref="Storage.TableStoreException">They were never read and cannot be now.</exception>
    public ValueTask<Deployment?> FindAsync(string tenant, ReadOnlySpan<byte> id)
    {
        if (!_tenants.TryGetValue(tenant, out var deployments))
            deployments = _tenants.GetOrAdd(tenant, new TenantDeployments(tenant, table, time, log));
        return deployments.FindAsync(id);
    }
}
