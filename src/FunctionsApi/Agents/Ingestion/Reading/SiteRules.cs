using FunctionsApi.Caches;
using FunctionsApi.Internet;

namespace FunctionsApi.Agents.Ingestion.Reading;

/// <summary>
/// The robots.txt of sites, each read once a day: where there is none (4xx) everything is allowed, and where it cannot be
/// read (5xx, or no answer) nothing is, by RFC 9309.
/// </summary>
internal sealed class SiteRules(PoliteClient client, TimeProvider time)
{
    private const int MaxRedirects = 5;
    private const long MaxCacheBytes = 8 * 1024 * 1024;
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(24), UnreadableFor = TimeSpan.FromMinutes(5);

    // A file's rules take about as much as the file twice over; most files are small.
    private readonly BoundedCache<Known> _known = new(MaxCacheBytes, known => known.Bytes * 4L);

    /// <summary>What the site of a URL allows.</summary>
    /// <param name="url">Absolute, http or https.</param>
    /// <param name="keep">As in <see cref="PoliteClient.GetAsync"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<RobotsTxt> OfAsync(Uri url, Func<CancellationToken, Task> keep, CancellationToken cancellationToken)
    {
        var origin = PageUrl.OriginOf(url);
        if (_known.TryGet(origin, out var known) && time.GetUtcNow() < known.Until)
            return known.Rules;
        var (rules, bytes) = await ReadAsync(new Uri($"{origin}/robots.txt"), keep, cancellationToken);
        _known.Set(origin, new(rules, bytes, time.GetUtcNow() + (rules.Unreadable is null ? Lifetime : UnreadableFor)));
        return rules;
    }

    private async Task<(RobotsTxt Rules, int Bytes)> ReadAsync(Uri url, Func<CancellationToken, Task> keep, CancellationToken cancellationToken)
    {
        try
        {
            for (var redirects = 0; redirects <= MaxRedirects; redirects++)
            {
                var request = new SiteRequest(url) { Accept = "text/plain", MaxBytes = _ => RobotsTxt.MaxBytes, IsCutOff = true };
                var answer = await client.GetAsync(request, crawlDelay: null, keep, cancellationToken);
                if (answer.RedirectsTo is { } target && PageUrl.IsPage(target))
                    url = target;
                else
                    return (RulesOf(answer), answer.Body.Length);
            }

            // As RFC 9309 has it: who redirects for ever has no such file.
            return (RobotsTxt.AllowAll, 0);
        }
        catch (PageException refused)
        {
            return (RobotsTxt.DisallowAll(refused.Message), 0);
        }
    }

    private static RobotsTxt RulesOf(SiteAnswer answer) => answer.Status switch
    {
        200 => RobotsTxt.Parse(answer.Body, SiteClient.Agent),
        // Who is asked too often has not said what it allows.
        429 or >= 500 => RobotsTxt.DisallowAll($"It answered {answer.Status}."),
        _ => RobotsTxt.AllowAll,
    };

    private readonly record struct Known(RobotsTxt Rules, int Bytes, DateTimeOffset Until);
}
