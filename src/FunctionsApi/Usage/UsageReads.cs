// Reading usage uses no quota, so something else must keep a loop of one caller from reading the store all day: so many reads a
// minute for each caller and instance. It is a guard and nothing that is sold, and so neither durable nor shared.

using System.Threading.RateLimiting;
using FunctionsApi.Api;
using FunctionsApi.Auth;

namespace FunctionsApi.Usage;

/// <summary>Limits how often a caller may read usage.</summary>
internal sealed class UsageReads : IDisposable
{
    public const string Policy = "usage-reads";

    /// <summary>In each minute: a page that is open reads 30.</summary>
    public const int Limit = 240;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly PartitionedRateLimiter<Caller> _reads = PartitionedRateLimiter.Create<Caller, string>(
        caller => RateLimitPartition.GetFixedWindowLimiter(
            caller.KeyId ?? $"{caller.Tenant}/{caller.User}", static _ => new() { PermitLimit = Limit, Window = Window }));

    /// <returns>Whether the request is one too many; then its refusal has been written.</returns>
    public bool Refuses(ApiRequest request)
    {
        using var lease = _reads.AttemptAcquire(request.Caller);
        if (lease.IsAcquired)
            return false;
        var retryAfter = lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : Window;
        request.Refuse(new(Policy, Limit, Window, Math.Max(1, (int)Math.Ceiling(retryAfter.TotalSeconds))));
        return true;
    }

    public void Dispose() => _reads.Dispose();
}
