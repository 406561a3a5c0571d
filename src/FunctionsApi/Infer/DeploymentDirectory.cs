using FunctionsApi.Caches;

namespace FunctionsApi.Infer;

/// <summary>All tenants' deployments, read when first asked for; what this process knows is at most 30 s old.</summary>
internal sealed class DeploymentDirectory(DeploymentTable table, TimeProvider time, ILogger<DeploymentDirectory> log)
{
    private const long MaxBytes = 32 * 1024 * 1024;

    private readonly BoundedCache<TenantDeployments> _tenants = new(MaxBytes, static deployments => deployments.Bytes);

    /// <param name="tenant">Whose.</param>
    /// <param name="id">The deployment's id in UTF-8.</param>
    /// <returns>The deployment, or null where the tenant has none of that id.</returns>
    /// <exception cref="Storage.TableStoreException">They were never read and cannot be now.</exception>
    public ValueTask<Deployment?> FindAsync(string tenant, ReadOnlySpan<byte> id)
    {
        if (!_tenants.TryGet(tenant, out var deployments))
            deployments = _tenants.GetOrAdd(tenant, new TenantDeployments(tenant, table, time, log, Weigh));
        return deployments.FindAsync(id);
    }

    private void Weigh(TenantDeployments deployments) => _tenants.Set(deployments.Tenant, deployments);
}
