using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>A crawl job as a row.</summary>
internal static class CrawlJobRow
{
    public static Dictionary<string, object> Values(CrawlJob job, CrawlClaim claim = default)
    {
        var values = new Dictionary<string, object>
        {
            ["status"] = job.Status.ToString(),
            ["url"] = job.Url,
            ["maxPages"] = (long)job.MaxPages,
            ["depth"] = (long)job.Depth,
            ["createdAt"] = job.CreatedAt,
            ["attempts"] = (long)job.Attempts,
            ["pages"] = (long)job.Pages,
            ["documents"] = (long)job.Documents,
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
        row.Key.Row,
        Enum.Parse<CrawlStatus>((string)row.Values["status"]),
        (string)row.Values["url"],
        (int)(long)row.Values["maxPages"],
        (int)(long)row.Values["depth"],
        (DateTimeOffset)row.Values["createdAt"])
    {
        Attempts = (int)(long)row.Values["attempts"],
        Pages = (int)(long)row.Values["pages"],
        Documents = (int)(long)row.Values["documents"],
        StartedAt = row.Values.GetValueOrDefault("startedAt") as DateTimeOffset?,
        FinishedAt = row.Values.GetValueOrDefault("finishedAt") as DateTimeOffset?,
        Error = row.Values.GetValueOrDefault("error") as string,
    };

    public static CrawlClaim Claim(TableRow row) => new(
        row.Values.GetValueOrDefault("claimedBy") as string,
        row.Values.GetValueOrDefault("claimedUntil") as DateTimeOffset?,
        (int)(row.Values.GetValueOrDefault("idleAttempts") as long? ?? 0));

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
