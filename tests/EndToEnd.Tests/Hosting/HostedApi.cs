using System.Text.RegularExpressions;
using FunctionsApi.TestKit.Hosting;
using FunctionsApi.Tests.Api;

namespace FunctionsApi.EndToEnd.Tests.Hosting;

/// <summary>The program as a worker behind the double of the Functions host: one host for all tests that only send requests.</summary>
public sealed partial class HostedApi : IRunningApi, IAsyncLifetime
{
    private readonly Installation _installation = new();
    private readonly Dictionary<(string User, string? Inference, string? Agents), string> _keys = [];

    public Uri Address => Host.Address;

    public bool HasTimeOfContracts => false;

    internal FunctionsHost Host { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Host = await _installation.ServeBehindHostAsync();

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await _installation.DisposeAsync();
    }

    public async Task<string> KeyAsync(string user, string? inference = null, string? agents = null)
    {
        if (_keys.TryGetValue((user, inference, agents), out var known))
            return known;
        string[] plans = [.. Option("--inference", inference), .. Option("--agents", agents)];
        var made = await _installation.AskAsync(["keys", "create", "--tenant", "acme", "--user", user, .. plans]);
        return _keys[(user, inference, agents)] = made.GetProperty("key").GetString()!;
    }

    /// <summary>The host names itself in <c>Server</c> and keeps no order of headers; its clock goes on.</summary>
    public string Comparable(string answer)
    {
        var (head, body) = answer.Split("\n\n", 2) is [var first, var rest] ? (first, rest) : (answer, "");
        var lines = head.Split('\n');
        var headers = lines[1..].Where(line => line != "Server: Kestrel").Order(StringComparer.Ordinal);
        return Times().Replace($"{string.Join('\n', [lines[0], .. headers])}\n\n{body}", "N");
    }

    private static string[] Option(string name, string? value) => value is null ? [] : [name, value];

    [GeneratedRegex("""(?<=Content-Length: |Retry-After: |X-RateLimit-Reset: |;t=|retryAfter":|retry_after_seconds":|Retry after )[0-9]+|[0-9-]{10}T[0-9:.]+Z""")]
    private static partial Regex Times();
}

/// <summary>Tests that share one host. They run one after the other.</summary>
[CollectionDefinition(nameof(HostedApi))]
public sealed class HostedApiCollection : ICollectionFixture<HostedApi>;

[Collection(nameof(HostedApi))]
public sealed class HostedContractTests(HostedApi api) : HttpContract(api);

[Collection(nameof(HostedApi))]
public sealed class HostedEveryRouteTests(HostedApi api) : EveryRouteContract(api);
