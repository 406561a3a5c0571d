using System.Net;
using System.Net.Sockets;

namespace FunctionsApi.Tests.Infer;

internal static class UnusedAddress
{
    /// <summary>A URL at which nothing listens.</summary>
    public static Uri Find()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new($"http://{listener.LocalEndpoint}/predict");
    }
}
