// Guessing costs the guesser: an address may send 20 bad credentials a minute. Beyond that a bad one is answered 429, and
// its unknown credentials are looked up one at a time, so that no flood of guesses reaches the store. Credentials that were
// verified before never come here, and a good new one is let in as soon as it gets its turn.

using System.Net;
using System.Net.Sockets;

namespace FunctionsApi.Auth;

/// <summary>Counts bad credentials by address, in bounded memory.</summary>
internal sealed class GuessLimiter(TimeProvider time)
{
    public const int Limit = 20;
    private const int MaxAddresses = 10_000;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly BoundedCache<Address> _addresses = new(MaxAddresses);

    /// <summary>Whether a credential from this address may be looked up now. Follow by <see cref="End"/>.</summary>
    /// <param name="address">Who asks.</param>
    /// <param name="retryAfterSeconds">Set where not.</param>
    public bool TryBegin(IPAddress? address, out int retryAfterSeconds)
    {
        retryAfterSeconds = 0;
        if (!_addresses.TryGet(Name(address), out var entry))
            return true;
        lock (entry)
        {
            if (!entry.IsOver(Now))
                return true;
            retryAfterSeconds = 1;
            return !entry.Busy && (entry.Busy = true);
        }
    }

    /// <param name="address">Who asked.</param>
    /// <param name="bad">Whether the credential was.</param>
    /// <returns>Seconds until bad credentials are answered 401 again; 0 where they still are.</returns>
    public int End(IPAddress? address, bool bad)
    {
        var name = Name(address);
        if (!bad && !_addresses.TryGet(name, out _))
            return 0;
        var entry = _addresses.GetOrAdd(name, static _ => new());
        lock (entry)
        {
            entry.Busy = false;
            return bad ? entry.Count(Now) : 0;
        }
    }

    private DateTimeOffset Now => time.GetUtcNow();

    // A household or host is given a whole /64 of IPv6 and may choose any address in it.
    private static string Name(IPAddress? address) => address switch
    {
        null => "",
        { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false } =>
            Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)),
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4().ToString(),
        _ => address.ToString(),
    };

    private sealed class Address
    {
        private DateTimeOffset _end;
        private int _bad;

        public bool Busy { get; set; }

        public bool IsOver(DateTimeOffset now) => now < _end && _bad >= Limit;

        public int Count(DateTimeOffset now)
        {
            if (now >= _end)
                (_end, _bad) = (now + Window, 0);
            if (_bad >= Limit)
                return Math.Max(1, (int)Math.Ceiling((_end - now).TotalSeconds));
            _bad++;
            return 0;
        }
    }
}
