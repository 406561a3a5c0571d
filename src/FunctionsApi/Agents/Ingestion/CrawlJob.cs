using System.Text.Json.Serialization;

namespace FunctionsApi.Agents.Ingestion;

[JsonConverter(typeof(JsonStringEnumConverter<CrawlStatus>))]
internal enum CrawlStatus
{
    [JsonStringEnumMemberName("queued")]
    Queued,

    [JsonStringEnumMemberName("running")]
    Running,

    [JsonStringEnumMemberName("completed")]
    Completed,

    [JsonStringEnumMemberName("failed")]
    Failed,
}

/// <summary>A crawl, as its tenant sees it.</summary>
/// <param name="Id">Sorts by when the job was made.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="Url">Where it starts, as it was given.</param>
/// <param name="MaxPages">At most how many pages it may read.</param>
/// <param name="Depth">At most how many links away from the start it may go.</param>
/// <param name="CreatedAt">When it was accepted.</param>
internal sealed record CrawlJob(string Id, CrawlStatus Status, string Url, int MaxPages, int Depth, DateTimeOffset CreatedAt)
{
    /// <summary>When it was last taken up; null before it was.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it completed or failed; null before it did.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>How often it was taken up.</summary>
    public int Attempts { get; init; }

    /// <summary>How many pages it has read.</summary>
    public int Pages { get; init; }

    /// <summary>How many documents it has stored.</summary>
    public int Documents { get; init; }

    /// <summary>Why it failed, in a sentence for its tenant; null unless it did.</summary>
    public string? Error { get; init; }
}
