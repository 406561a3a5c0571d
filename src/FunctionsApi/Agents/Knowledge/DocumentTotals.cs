using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Knowledge;

/// <summary>
/// How much a tenant has stored: the row of the table <c>Documents</c> that follows the tenant's documents. It is written in
/// the same batch as any document that comes, changes or goes, so that it is exact whenever a process is killed.
/// </summary>
/// <param name="Count">How many documents.</param>
/// <param name="Bytes">The sum of their bytes.</param>
/// <param name="Version">Grows whenever a document comes, changes or goes; 0 where nothing was ever stored.</param>
internal sealed record DocumentTotals(long Count, long Bytes, long Version)
{
    /// <summary>The row's key. Documents' keys are hexadecimal digits and sort before it.</summary>
    public const string RowKey = "totals";

    private string? ETag { get; init; }

    public static async Task<DocumentTotals> ReadAsync(ITableStore store, string table, string tenant, CancellationToken cancellationToken) =>
        await store.GetAsync(table, new(tenant, RowKey), cancellationToken) is { } row
            ? new((long)row.Values["count"], (long)row.Values["bytes"], (long)row.Values["version"]) { ETag = row.ETag }
            : new(0, 0, 0);

    /// <summary>
    /// The totals after a change. A version is no smaller than the time in milliseconds, so that one tenant's versions do not begin
    /// again once all of its rows are deleted.
    /// </summary>
    public DocumentTotals Change(long count, long bytes, DateTimeOffset now) =>
        this with { Count = Count + count, Bytes = Bytes + bytes, Version = Math.Max(Version + 1, now.ToUnixTimeMilliseconds()) };

    /// <summary>Writes these totals if nobody has changed what they were made from.</summary>
    public TablePut Put(string tenant) => new(
        new(tenant, RowKey),
        new Dictionary<string, object> { ["count"] = Count, ["bytes"] = Bytes, ["version"] = Version },
        ETag is null ? PutCondition.IfAbsent : PutCondition.IfMatch(ETag));
}
