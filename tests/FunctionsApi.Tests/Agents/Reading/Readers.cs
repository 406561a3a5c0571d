using System.Net;
using FunctionsApi.Agents.Ingestion.Reading;
using FunctionsApi.Settings;

namespace FunctionsApi.Tests.Agents.Reading;

/// <summary>What a process reads sites with.</summary>
internal sealed class Readers : IDisposable
{
    public static readonly CrawlOptions AtOnce = new() { AllowPrivateAddresses = true, DelayMilliseconds = 0 };

    private readonly SiteClient _client;

    /// <param name="time">The clock.</param>
    /// <param name="options">By default every address is open and no host is left alone.</param>
    /// <param name="resolve">Finds hosts' addresses; null is DNS.</param>
    public Readers(TimeProvider time, CrawlOptions? options = null, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
    {
        options ??= AtOnce;
        _client = new(options, time, resolve);
        Polite = new(_client, new(time), options);
        Rules = new(Polite, time);
        Pages = new(Polite, Rules, time);
        Sitemaps = new(Polite, Rules);
    }

    public PoliteClient Polite { get; }

    public SiteRules Rules { get; }

    public PageReader Pages { get; }

    public Sitemaps Sitemaps { get; }

    public static Task GoOn(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _client.Dispose();
}
