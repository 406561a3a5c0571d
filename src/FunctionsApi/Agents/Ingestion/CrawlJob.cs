using System.Text.Json.Serialization;

namespace FunctionsApi.Agents.Ingestion;

[JsonConverter(typeof(JsonStringEnumConverter<CrawlStatus>))]
internal enum CrawlStatus
{
    [JsonStringEnumMemberName("queued")]
    Queued,

    [JsonStringEnumMemberName("running")]
    Running,

    [JsonStringEnumMemberName("succeeded")]
    Succeeded,

    [JsonStringEnumMemberName("failed")]
    Failed,

    [JsonStringEnumMemberName("cancelled")]
    Cancelled,
}

/// <summary>A crawl, as its tenant sees it.</summary>
/// <param name="Id">Sorts by when the job was made.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="Url">Where it starts, as it was given.</param>
/// <param name="MaxPages">At most how many pages it may take in.</param>
/// <param name="MaxDepth">At most how many links away from the start it may go.</param>
/// <param name="CreatedAt">When it was accepted.</param>
internal sealed record CrawlJob(string Id, CrawlStatus Status, string Url, int MaxPages, int MaxDepth, DateTimeOffset CreatedAt)
{
    /// <summary>When it was last taken up; null before it was.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it succeeded, failed or was cancelled; null before it did.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>How often it was taken up.</summary>
    public int Attempts { get; init; }

    public CrawlCounts Pages { get; init; } = new(0, 0, 0, 0, 0);

    /// <summary>Why pages were skipped or failed, the most frequent reasons first.</summary>
    public IReadOnlyList<CrawlReason> Reasons { get; init; } = [];

    /// <summary>Why it failed, in a sentence for its tenant; null unless it did.</summary>
    public string? Error { get; init; }
}

/// <param name="Found">All that were found so far, those that are still to be read included.</param>
/// <param name="Fetched">Read and stored, since they are new or say something new.</param>
/// <param name="Unchanged">Found to say what is stored.</param>
/// <param name="Skipped">Left out, by the site's wish or because there is nothing to store.</param>
/// <param name="Failed">Could not be read.</param>
internal sealed record CrawlCounts(int Found, int Fetched, int Unchanged, int Skipped, int Failed);

/// <param name="Outcome"><c>skipped</c> or <c>failed</c>.</param>
/// <param name="Reason">A sentence for the job's tenant.</param>
/// <param name="Pages">How many pages it is true of.</param>
/// <param name="Example">The URL of one of them.</param>
internal sealed record CrawlReason(string Outcome, string Reason, int Pages, string Example);

/// <param name="Jobs">The newest first.</param>
/// <param name="Next">The cursor of the next page; null where there is none.</param>
internal sealed record CrawlList(IReadOnlyList<CrawlJob> Jobs, string? Next);
