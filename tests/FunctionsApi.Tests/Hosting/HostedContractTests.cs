using FunctionsApi.EndToEnd.Tests.Hosting.Double;
using FunctionsApi.Tests.Api;

namespace FunctionsApi.Tests.Hosting;

/// <summary>What a client gets by way of a Functions host that proxies.</summary>
public sealed class ProxiedContractTests() : ContractSuite(HostMode.Proxying)
{
    // The host answers for a handler that broke off.
    private protected override string Expected(string name, string response) =>
        response == Wire.Reset ? "HTTP/1.1 502 Bad Gateway\nContent-Length: 0\n\n" : response;
}

/// <summary>What a client gets by way of a Functions host that rebuilds requests.</summary>
public sealed class ForwardedContractTests() : ContractSuite(HostMode.Forwarding)
{
    private protected override string Expected(string name, string response) =>
        response == Wire.Reset ? "HTTP/1.1 500 Internal Server Error\nContent-Length: 0\n\n" : response;
}
