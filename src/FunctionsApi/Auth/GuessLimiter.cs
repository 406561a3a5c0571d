// Guessing costs the guesser: an address may send 20 bad credentials a minute. Beyond that a bad one is answered 429, and
// the address's unknown credentials are verified four at a time, each in its turn, so that no flood of guesses reaches the store. A
// good credential is served all the same: known ones never come here, and a new one is let in after its turn.

using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;

namespace FunctionsApi.Auth;

/// <summary>Counts bad credentials by address, in bounded memory.</summary>
/// <param name="window">For how long they count; null is a minute.</param>
internal sealed class GuessLimiter(TimeSpan? window = null) : IDisposable
{
    public const int Limit = 20;
    private const int TurnsAtATime = 4;

    // Addresses share this many counters, so that nobody who has many fills the memory: some 10 MB. Sharing one with a guesser
    // means 429 in place of 401 for a bad credential, and nothing for a good one. Which share is drawn anew at each start.
    private const int Counters = 16_384;

    private readonly PartitionedRateLimiter<IPAddress?> _bad = PartitionedRateLimiter.Create<IPAddress?, int>(
        address => RateLimitPartition.GetFixedWindowLimiter(
            CounterOf(address),
            _ => new() { PermitLimit = Limit, Window = window ?? TimeSpan.FromMinutes(1) }));

    private readonly PartitionedRateLimiter<IPAddress?> _turns = PartitionedRateLimiter.Create<IPAddress?, int>(
        address => RateLimitPartition.GetConcurrencyLimiter(
            CounterOf(address),
            // The server's connections bound how many wait.
            _ => new() { PermitLimit = TurnsAtATime, QueueLimit = int.MaxValue }));

    /// <summary>Waits, where this address has sent too many bad credentials, until another may be verified.</summary>
    /// <returns>To be disposed when it has been; null where nothing is to be waited for.</returns>
    public async ValueTask<IDisposable?> WaitForTurnAsync(IPAddress? address, CancellationToken cancellationToken)
    {
        using var none = _bad.AttemptAcquire(address, permitCount: 0);
        return none.IsAcquired ? null : await _turns.AcquireAsync(address, cancellationToken: cancellationToken);
    }

    /// <summary>Counts a bad credential.</summary>
    /// <returns>Seconds until bad credentials are answered 401 again; 0 where they still are.</returns>
    public int Count(IPAddress? address)
    {
        using var lease = _bad.AttemptAcquire(address);
        if (lease.IsAcquired)
            return 0;
        return lease.TryGetMetadata(MetadataName.RetryAfter, out var retryAfter) ? Math.Max(1, (int)Math.Ceiling(retryAfter.TotalSeconds)) : 1;
    }

    public void Dispose()
    {
        _bad.Dispose();
        _turns.Dispose();
    }

    private static int CounterOf(IPAddress? address) => (int)((uint)Name(address).GetHashCode(StringComparison.Ordinal) % Counters);

    // A household or host is given a whole /64 of IPv6 and may choose any address in it.
    private static string Name(IPAddress? address) => address switch
    {
        null => "",
        { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false } =>
            Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)),
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4().ToString(),
        _ => address.ToString(),
    };
}
