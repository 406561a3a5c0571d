using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>
/// Table <c>CrawlPages</c>: partition = job, row = page, in the order in which they were found. A worker that takes a job up
/// again reads here what is done and what is left.
/// </summary>
internal sealed class CrawlPages(ITableStore store)
{
    public const string Table = "CrawlPages";

    private const int MaxBatch = 100;

    public async Task<List<CrawlPage>> ReadAsync(string job, CancellationToken cancellationToken) =>
        await store.QueryAsync(Table, new() { Partition = job }, cancellationToken).Select(Page).ToListAsync(cancellationToken);

    /// <summary>Adds pages that were found.</summary>
    /// <returns>They, as they are now.</returns>
    /// <exception cref="CrawlTakenOverException">Another worker has added pages.</exception>
    public async Task<List<CrawlPage>> AddAsync(string job, IReadOnlyList<CrawlPage> found, CancellationToken cancellationToken)
    {
        var added = new List<CrawlPage>(found.Count);
        foreach (var pages in found.Chunk(MaxBatch))
        {
            TablePut[] puts = [.. pages.Select(page => Put(job, page, PutCondition.IfAbsent))];
            var eTags = await store.BatchAsync(Table, puts, cancellationToken) ?? throw new CrawlTakenOverException();
            added.AddRange(pages.Zip(eTags, (page, eTag) => page with { ETag = eTag }));
        }

        return added;
    }

    /// <summary>Notes what became of a page.</summary>
    /// <exception cref="CrawlTakenOverException">Another worker has noted it.</exception>
    public async Task NoteAsync(string job, CrawlPage page, CancellationToken cancellationToken)
    {
        if (await store.PutAsync(Table, Put(job, page, PutCondition.IfMatch(page.ETag!)), cancellationToken) is null)
            throw new CrawlTakenOverException();
    }

    public async Task DeleteAsync(string job, CancellationToken cancellationToken)
    {
        foreach (var page in await ReadAsync(job, cancellationToken))
            await store.DeleteAsync(Table, KeyOf(job, page.Number), null, cancellationToken);
    }

    private static TablePut Put(string job, CrawlPage page, PutCondition condition)
    {
        var values = new Dictionary<string, object> { ["url"] = page.Url, ["depth"] = (long)page.Depth, ["state"] = page.State.ToString(), ["isCanonical"] = page.IsCanonical };
        if (page.FinalUrl is { } final)
            values["finalUrl"] = final;
        if (page.Error is { } error)
            values["error"] = error;
        return new(KeyOf(job, page.Number), values, condition);
    }

    private static CrawlPage Page(TableRow row) => new(
        int.Parse(row.Key.Row), (string)row.Values["url"], (int)(long)row.Values["depth"], Enum.Parse<PageState>((string)row.Values["state"]))
    {
        FinalUrl = row.Values.GetValueOrDefault("finalUrl") as string,
        IsCanonical = row.Values.GetValueOrDefault("isCanonical") is true,
        Error = row.Values.GetValueOrDefault("error") as string,
        ETag = row.ETag,
    };

    private static TableKey KeyOf(string job, int number) => new(job, $"{number:d4}");
}
