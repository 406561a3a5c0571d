using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>A crawl job as a row.</summary>
internal static class CrawlJobRow
{
    public static Dictionary<string, object> Values(CrawlJob job, DateTimeOffset? claimedUntil = null)
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
        };
        SetIfAny(values, "startedAt", job.StartedAt);
        SetIfAny(values, "finishedAt", job.FinishedAt);
        SetIfAny(values, "error", job.Error);
        SetIfAny(values, "claimedUntil", claimedUntil);
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

    /// <summary>Null where nobody works on it.</summary>
    public static DateTimeOffset? ClaimedUntil(TableRow row) => row.Values.GetValueOrDefault("claimedUntil") as DateTimeOffset?;

    private static void SetIfAny(Dictionary<string, object> values, string name, object? value)
    {
        if (value is not null)
            values[name] = value;
    }
}
