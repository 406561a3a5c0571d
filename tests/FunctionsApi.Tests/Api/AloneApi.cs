using Xunit;

namespace FunctionsApi.Tests.Api;

/// <summary>The program alone, in this process, by a clock that stands still.</summary>
public sealed class AloneApi : IRunningApi, IAsyncLifetime
{
    private readonly Dictionary<(string User, string? Inference, string? Agents), string> _keys = [];
    private TestHost _host = null!;

    public Uri Address => _host.Address;

    public bool HasTimeOfContracts => true;

    public async ValueTask InitializeAsync() => _host = await TestHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    public async Task<string> KeyAsync(string user, string? inference = null, string? agents = null) =>
        _keys.GetValueOrDefault((user, inference, agents)) ?? (_keys[(user, inference, agents)] = await _host.KeyAsync("acme", user, inference, agents));

    public string Comparable(string answer) => answer;
}

public sealed class HttpContractTests(AloneApi api) : HttpContract(api), IClassFixture<AloneApi>;

public sealed class EveryRouteTests(AloneApi api) : EveryRouteContract(api), IClassFixture<AloneApi>;
