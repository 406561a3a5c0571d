using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Auth;

/// <summary>
/// Who a verified credential stands for. Made once for each credential and shared by its requests, so whatever a request
/// needs of it is computed here.
/// </summary>
/// <param name="tenant">Matches <see cref="Names.IsTenant"/>, so that the partitions of two tenants cannot coincide.</param>
/// <param name="user">The key's user or the JWT's <c>sub</c>.</param>
/// <param name="keyId">The API key's id; null for a JWT.</param>
/// <param name="inferencePlan">The key's own inference subscription; null has the tenant's.</param>
/// <param name="agentsPlan">The key's own agents subscription; null has the tenant's.</param>
internal sealed class Caller(string tenant, string user, string? keyId, string? inferencePlan = null, string? agentsPlan = null)
{
    private readonly string _inferencePartition = $"user:{tenant}/{user}";
    private readonly string _agentsPartition = keyId is null ? $"tenant:{tenant}" : $"key:{keyId}";

    public string Tenant { get; } = tenant;

    public string User { get; } = user;

    public string? KeyId { get; } = keyId;

    /// <summary>About what this takes in memory.</summary>
    public long Bytes => 300 + sizeof(char) * (2 * (Tenant.Length + User.Length) + _inferencePartition.Length + _agentsPartition.Length);

    /// <summary>Whose counters this caller's requests use.</summary>
    public string Partition(ApiKind api) => api == ApiKind.Inference ? _inferencePartition : _agentsPartition;

    /// <summary>The credential's own subscription; null has the tenant's.</summary>
    public string? Plan(ApiKind api) => api == ApiKind.Inference ? inferencePlan : agentsPlan;
}
