using FunctionsApi.Internet;
using FunctionsApi.Settings;

namespace FunctionsApi.Agents.Ingestion.Reading;

/// <summary>
/// Makes requests as a site likes it: one at a time, with a pause between two, and again later where the site is overloaded.
/// </summary>
internal sealed class PoliteClient(SiteClient client, HostTurns turns, CrawlOptions options)
{
    /// <summary>How often it asks for the same when it is told 429 or a 5xx.</summary>
    public const int MaxAttempts = 3;

    /// <summary>The longest pause that a site may ask for between two requests; a longer one counts as this.</summary>
    public static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(30);

    /// <summary>The longest that it waits because a site says so, and comes again.</summary>
    public static readonly TimeSpan MaxRetryAfter = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(2);

    /// <param name="request">What to ask for.</param>
    /// <param name="crawlDelay">The pause that the site asks for in robots.txt; null where it does not.</param>
    /// <param name="keep">Called while it waits; what it throws ends the waiting.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The last answer, which may still be a 429 or a 5xx.</returns>
    /// <exception cref="PageException">As <see cref="SiteClient.GetAsync"/>.</exception>
    public async Task<SiteAnswer> GetAsync(
        SiteRequest request, TimeSpan? crawlDelay, Func<CancellationToken, Task> keep, CancellationToken cancellationToken)
    {
        var pause = PauseOf(crawlDelay);
        var backoff = FirstBackoff;
        for (var attempt = 1; ; attempt++)
        {
            await keep(cancellationToken);
            using var turn = await turns.TakeAsync(PageUrl.AuthorityOf(request.Url), pause, keep, cancellationToken);
            var answer = await client.GetAsync(request, cancellationToken);
            if (answer.Status is not (429 or >= 500))
                return answer;
            var wait = answer.RetryAfter is { } asked && asked >= TimeSpan.Zero ? asked : backoff;
            turn.PauseFor(wait < MaxRetryAfter ? wait : MaxRetryAfter);
            if (attempt == MaxAttempts || wait > MaxRetryAfter)
                return answer;
            backoff *= 2;
        }
    }

    private TimeSpan PauseOf(TimeSpan? crawlDelay) =>
        crawlDelay is not { } asked || asked < options.Delay ? options.Delay : asked < MaxPause ? asked : MaxPause;
}
