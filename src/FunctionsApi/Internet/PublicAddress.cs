// A crawl reads whatever address a stranger names, and a webhook is sent there, from inside our network. So they may only reach
// what the stranger could reach as well: addresses that are globally reachable by the IANA special-purpose registries
// (https://www.iana.org/assignments/iana-ipv4-special-registry, .../iana-ipv6-special-registry). The address is checked
// where the connection is made, not where the name is looked up, so a name that changes its address gains nothing.

using System.Net;
using System.Net.Sockets;

namespace FunctionsApi.Internet;

/// <summary>Tells the public internet from what only we can reach.</summary>
internal static class PublicAddress
{
    private static readonly IPNetwork[] Special =
    [
        .. ((string[])
        [
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
            "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
            "224.0.0.0/4", "240.0.0.0/4",
            // A public address that Azure answers inside each virtual machine, as what configures it. The other clouds' are in the networks above.
            "168.63.129.16/32",
            // Outside 2000::/3 nothing is globally reachable; these are the exceptions inside it, which also hide IPv4 addresses.
            "::/3", "4000::/2", "8000::/1", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        ]).Select(network => IPNetwork.Parse(network)),
    ];

    public static bool Is(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return !Special.Any(network => network.Contains(plain));
    }

    /// <summary>Whether a URL names a private place outright. Most private places have names that do not tell.</summary>
    public static bool IsKnownPrivate(Uri url) =>
        url.IsLoopback
        || url.IdnHost.TrimEnd('.').EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(url.IdnHost.Trim('[', ']'), out var address) && !Is(address));

    /// <summary>Connects to one of a host's addresses, public ones only unless <paramref name="allowPrivate"/>.</summary>
    /// <param name="host">Its name or address.</param>
    /// <param name="allowPrivate">Whether any address will do.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="resolve">Finds the host's addresses; null is DNS.</param>
    /// <exception cref="PrivateAddressException">The host has no address that may be connected to.</exception>
    public static async ValueTask<Stream> ConnectAsync(
        DnsEndPoint host, bool allowPrivate, CancellationToken cancellationToken, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
    {
        var addresses = await (resolve ?? Dns.GetHostAddressesAsync)(host.Host, cancellationToken);
        var allowed = addresses.Where(address => allowPrivate || Is(address)).ToArray();
        if (allowed.Length == 0)
            throw new PrivateAddressException();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, host.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>Nothing was connected to.</summary>
internal sealed class PrivateAddressException() : Exception("The URL does not lead to a public address.");
