using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace FunctionsApi.Settings;

/// <summary>The settings <c>Crawl__…</c>.</summary>
internal sealed record CrawlOptions
{
    public const string Section = "Crawl";

    /// <summary>
    /// Whether a crawl may read from addresses that the public internet cannot reach, which a stranger could use to look into the
    /// network that this program runs in.
    /// </summary>
    public bool AllowPrivateAddresses { get; set; }

    /// <summary>The hosts, by commas, that a crawl may read from whatever their addresses are: <c>wiki.corp.example, 10.1.2.3:8080</c>.</summary>
    public string? AllowedHosts { get; set; }

    /// <summary>How long a host is left alone after each request, unless its robots.txt asks for longer.</summary>
    [Description("a number of milliseconds"), Range(0, 60_000)]
    public int DelayMilliseconds { get; set; } = 1000;

    /// <summary>The same.</summary>
    public TimeSpan Delay => TimeSpan.FromMilliseconds(DelayMilliseconds);

    /// <summary>The named hosts, each with the port that it is opened for; null is any.</summary>
    internal IEnumerable<(string Host, int? Port)> Named =>
        (AllowedHosts ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Parse);

    /// <summary>Whether a host may be read from whatever its address is.</summary>
    public bool Opens(string host, int port) => AllowPrivateAddresses
        || Named.Any(named => named.Host.Equals(host.Trim('[', ']').TrimEnd('.'), StringComparison.OrdinalIgnoreCase) && (named.Port ?? port) == port);

    private static (string Host, int? Port) Parse(string text) =>
        Uri.TryCreate($"http://{text}", UriKind.Absolute, out var url)
        && url is { UserInfo: "", PathAndQuery: "/", Fragment: "", IdnHost.Length: > 0 } && !text.Contains('/')
            ? (url.IdnHost.Trim('[', ']'), text.EndsWith($":{url.Port}", StringComparison.Ordinal) ? url.Port : null)
            : ("", null);
}

/// <summary>Whether the hosts that are opened are hosts.</summary>
internal sealed class CrawlOptionsValidator : IValidateOptions<CrawlOptions>
{
    public ValidateOptionsResult Validate(string? name, CrawlOptions options) => options.Named.Any(named => named.Host.Length == 0)
        ? ValidateOptionsResult.Fail("Crawl__AllowedHosts is no list of hosts: name them by commas, each as wiki.corp.example or 10.1.2.3:8080.")
        : ValidateOptionsResult.Success;
}
