// What uses no quota must be limited by something else, or one caller's loop would keep the store busy all day: by so many requests a
// minute for each caller and instance. It is a guard and nothing that is sold, and so neither durable nor shared.

using System.Threading.RateLimiting;
using FunctionsApi.Auth;

namespace FunctionsApi.Api;

/// <summary>Limits how often a caller may ask for what uses no quota.</summary>
/// <param name="policy">What refusals call it.</param>
/// <param name="limit">Requests in each minute.</param>
internal abstract class LocalLimit(string policy, int limit) : IDisposable
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly PartitionedRateLimiter<Caller> _requests = PartitionedRateLimiter.Create<Caller, string>(
        caller => RateLimitPartition.GetFixedWindowLimiter(
            caller.KeyId ?? $"{caller.Tenant}/{caller.User}", _ => new() { PermitLimit = limit, Window = Window }));

    /// <returns>Whether the request is one too many; then its refusal has been written.</returns>
    public bool Refuses(ApiRequest request)
    {
        using var lease = _requests.AttemptAcquire(request.Caller);
        if (lease.IsAcquired)
            return false;
        var retryAfter = lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : Window;
        request.Refuse(new(policy, limit, Window, Math.Max(1, (int)Math.Ceiling(retryAfter.TotalSeconds))));
        return true;
    }

    public void Dispose() => _requests.Dispose();
}
