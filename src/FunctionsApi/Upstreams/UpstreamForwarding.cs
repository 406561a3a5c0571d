// An area of the agents API, /api/v1/knowledge and all that is below it, may be answered by a service of the operator's. Who calls, what his plan
// allows, headers, usage and errors stay ours; what the endpoint itself would have done is the upstream's. It is told who calls by
// X-Tenant-Id, X-User-Id and X-Key-Id, and never the caller's credential.

using System.Collections.Concurrent;
using FunctionsApi.Api;
using FunctionsApi.Infer;
using FunctionsApi.Settings;
using Yarp.ReverseProxy.Forwarder;

namespace FunctionsApi.Upstreams;

/// <summary>Says which endpoints are forwarded.</summary>
internal sealed class UpstreamForwarding : IDisposable
{
    private readonly (PathString Area, Upstream Upstream)[] _upstreams;
    private readonly ConcurrentDictionary<ApiEndpoint, ForwardedEndpoint> _forwarded = new();
    private readonly IHttpForwarder _forwarder;
    private readonly ILogger<UpstreamForwarding> _logger;

    // Redirects, cookies and proxies are as little followed as for deployments: an upstream does not choose another address.
    private readonly HttpMessageInvoker _invoker = new(UpstreamClient.CreateHandler());

    /// <param name="upstreams">By area.</param>
    /// <param name="forwarder">Does the forwarding.</param>
    /// <param name="logger">Is told what failed.</param>
    public UpstreamForwarding(IReadOnlyDictionary<string, UpstreamOptions> upstreams, IHttpForwarder forwarder, ILogger<UpstreamForwarding> logger)
    {
        _upstreams = [.. upstreams.Select(it => (new PathString($"/api/v1/{it.Key.ToLowerInvariant()}"), Upstream.Of(it.Key, it.Value)))];
        (_forwarder, _logger) = (forwarder, logger);
    }

    /// <summary>The endpoint that answers: the program's own, or one that forwards in its place.</summary>
    public ApiEndpoint Choose(PathString path, ApiEndpoint own)
    {
        // What is no endpoint of ours is none of an upstream's: there would be no limits for it.
        if (_upstreams.Length == 0 || own.Name == ApiEndpoint.None)
            return own;
        foreach (var (area, upstream) in _upstreams)
            if (path.StartsWithSegments(area))
                // One for each of ours: usage is counted by endpoint.
                return _forwarded.GetOrAdd(own, it => new(it, area, upstream, _forwarder, _invoker, _logger));
        return own;
    }

    public void Dispose() => _invoker.Dispose();
}

/// <summary>Who answers an area.</summary>
/// <param name="Area">As the settings name it.</param>
/// <param name="Url">Without a slash at its end.</param>
/// <param name="Authorization">The header that proves that it is us; null sends none.</param>
/// <param name="Timeout">How long nothing may come until it is given up.</param>
internal sealed record Upstream(string Area, string Url, string? Authorization, TimeSpan Timeout)
{
    public static Upstream Of(string area, UpstreamOptions options) => new(
        area, options.Url!.TrimEnd('/'), options.Secret is { } secret ? $"Bearer {secret}" : null, TimeSpan.FromSeconds(options.TimeoutSeconds));

    // A record that holds a secret prints its properties, and logs print records.
    public override string ToString() => Area;
}
