using System.Text.Json;
using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>A crawl job as a row.</summary>
internal static class CrawlJobRow
{
    /// <summary>
    /// The row's key of a job, and the job of a row's key: each hexadecimal digit's complement. Ids grow with time and keys are read in
    /// their order, so that the newest job comes first.
    /// </summary>
    public static string Turn(string id) => string.Create(id.Length, id, static (key, id) =>
    {
        for (var at = 0; at < key.Length; at++)
            key[at] = char.ToLowerInvariant("fedcba9876543210"[Convert.ToInt32(id[at].ToString(), 16)]);
    });

    public static Dictionary<string, object> Values(CrawlJob job, CrawlClaim claim = default)
    {
        var values = new Dictionary<string, object>
        {
            ["status"] = job.Status.ToString(),
            ["url"] = job.Url,
            ["maxPages"] = (long)job.MaxPages,
            ["maxDepth"] = (long)job.MaxDepth,
            ["createdAt"] = job.CreatedAt,
            ["attempts"] = (long)job.Attempts,
            ["found"] = (long)job.Pages.Found,
            ["fetched"] = (long)job.Pages.Fetched,
            ["unchanged"] = (long)job.Pages.Unchanged,
            ["skipped"] = (long)job.Pages.Skipped,
            ["failed"] = (long)job.Pages.Failed,
            ["reasons"] = JsonSerializer.SerializeToUtf8Bytes(job.Reasons, AgentsJson.Default.IReadOnlyListCrawlReason),
            ["idleAttempts"] = (long)claim.IdleAttempts,
        };
        SetIfAny(values, "startedAt", job.StartedAt);
        SetIfAny(values, "finishedAt", job.FinishedAt);
        SetIfAny(values, "error", job.Error);
        SetIfAny(values, "claimedBy", claim.MessageId);
        SetIfAny(values, "claimedUntil", claim.Until);
        return values;
    }

    public static CrawlJob Job(TableRow row) => new(
        Turn(row.Key.Row),
        Enum.Parse<CrawlStatus>((string)row.Values["status"]),
        (string)row.Values["url"],
        (int)(long)row.Values["maxPages"],
        (int)(long)row.Values["maxDepth"],
        (DateTimeOffset)row.Values["createdAt"])
    {
        Attempts = (int)(long)row.Values["attempts"],
        Pages = new(Count(row, "found"), Count(row, "fetched"), Count(row, "unchanged"), Count(row, "skipped"), Count(row, "failed")),
        Reasons = JsonSerializer.Deserialize((byte[])row.Values["reasons"], AgentsJson.Default.IReadOnlyListCrawlReason) ?? [],
        StartedAt = row.Values.GetValueOrDefault("startedAt") as DateTimeOffset?,
        FinishedAt = row.Values.GetValueOrDefault("finishedAt") as DateTimeOffset?,
        Error = row.Values.GetValueOrDefault("error") as string,
    };

    public static CrawlClaim Claim(TableRow row) => new(
        row.Values.GetValueOrDefault("claimedBy") as string,
        row.Values.GetValueOrDefault("claimedUntil") as DateTimeOffset?,
        (int)(row.Values.GetValueOrDefault("idleAttempts") as long? ?? 0));

    private static int Count(TableRow row, string name) => (int)(long)row.Values[name];

    private static void SetIfAny(Dictionary<string, object> values, string name, object? value)
    {
        if (value is not null)
            values[name] = value;
    }
}

/// <summary>Who works on a job.</summary>
/// <param name="MessageId">On whose behalf; null where nobody works on it.</param>
/// <param name="Until">How long that holds against other messages for the same job.</param>
/// <param name="IdleAttempts">How often the job was taken up since a page of it was last done.</param>
internal readonly record struct CrawlClaim(string? MessageId, DateTimeOffset? Until, int IdleAttempts);
