// A document is a row in the table Documents and a row in DocumentTexts. Each change is one batch in Documents: the document's row
// and the tenant's totals, both only as they were read. So a process that is killed leaves a document as it was or as it is to be,
// and totals that are exact; what it may leave besides is a text that no document leads to, or the mark of a deleted document,
// which nobody sees and the next change of that document removes.

using System.Runtime.CompilerServices;
using System.Text;
using FunctionsApi.Settings;
using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Knowledge;

/// <summary>Keeps tenants' documents, at most so many and so much text for each.</summary>
internal sealed class DocumentTable(ITableStore store, TenantTurns turns, KnowledgeOptions limits, TimeProvider time)
{
    private const string Table = "Documents";
    private const int MaxTitleBytes = 500, MaxMarked = 99;

    private readonly DocumentTexts _texts = new(store);

    /// <summary>
    /// Stores a document in place of the one that had its id. A title of more than 500 bytes and a text of more than
    /// <see cref="DocumentTexts.MaxBytes"/> lose their ends.
    /// </summary>
    public async Task<PutOutcome> PutAsync(string tenant, Document document, CancellationToken cancellationToken)
    {
        var text = Cut(document.Text, DocumentTexts.MaxBytes);
        var title = Encoding.UTF8.GetString(Cut(document.Info.Title, MaxTitleBytes));
        var links = DocumentTexts.Join(document.Links);
        var (hash, linksHash) = (DocumentRow.HashOf(title, text), DocumentRow.HashOf(links));
        var info = document.Info with { Title = title, Bytes = text.Length + Encoding.UTF8.GetByteCount(title) };
        while (true)
        {
            // In this order: totals that are older than the row fail the batch.
            var totals = await TotalsAsync(tenant, cancellationToken);
            var row = await store.GetAsync(Table, new(tenant, info.Id), cancellationToken);
            var condition = row is null ? PutCondition.IfAbsent : PutCondition.IfMatch(row.ETag);
            var before = row is null ? null : DocumentRow.Read(row);
            if (before?.Hash == hash && before.LinksHash == linksHash)
            {
                var same = before with { Info = info with { Revision = before.Info.Revision } };
                if (await store.PutAsync(Table, same.Put(tenant, condition), cancellationToken) is not null)
                    return PutOutcome.Unchanged;
                continue;
            }

            var after = totals.Change(before is null ? 1 : 0, info.Bytes - (before?.Info.Bytes ?? 0), time.GetUtcNow());
            if (Full(totals, after) is { } full)
                return full;
            var textRow = await _texts.PutAsync(tenant, info.Id, totals.Version, text, links, cancellationToken);
            var isSame = before?.Hash == hash;
            var stored = new DocumentRow(info with { Revision = isSame ? before!.Info.Revision : after.Version }, hash, linksHash, textRow);
            if (await store.BatchAsync(Table, [stored.Put(tenant, condition), after.Put(tenant)], cancellationToken) is not null)
            {
                await _texts.DeleteAsync(tenant, info.Id, olderThan: after.Version, keep: textRow, cancellationToken);
                return isSame ? PutOutcome.Unchanged : PutOutcome.Stored;
            }

            await _texts.DeleteAsync(tenant, textRow, cancellationToken);
        }
    }

    /// <summary>Notes that a document was found to say what it says.</summary>
    /// <returns>False where the tenant has no such document any more.</returns>
    public async Task<bool> TouchAsync(string tenant, string id, DateTimeOffset fetchedAt, string? job, CancellationToken cancellationToken)
    {
        while (await ReadRowAsync(tenant, id, cancellationToken) is { } row)
        {
            var touched = row with { Info = row.Info with { FetchedAt = fetchedAt, Job = job } };
            if (await store.PutAsync(Table, touched.Put(tenant, PutCondition.IfMatch(row.ETag!)), cancellationToken) is not null)
                return true;
        }

        return false;
    }

    /// <summary>What a tenant has stored.</summary>
    public Task<DocumentTotals> TotalsAsync(string tenant, CancellationToken cancellationToken) =>
        DocumentTotals.ReadAsync(store, Table, tenant, cancellationToken);

    /// <summary>
    /// A number that is another one whenever a document of the tenant has come, gone or changed its title, text or links since; 0
    /// where the tenant has none.
    /// </summary>
    public async Task<long> VersionAsync(string tenant, CancellationToken cancellationToken) =>
        (await TotalsAsync(tenant, cancellationToken)).Version;

    /// <summary>A tenant's documents without their texts, in the order of their ids.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="from">The first id, inclusive; null starts at the first.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async IAsyncEnumerable<DocumentInfo> ListAsync(
        string tenant, string? from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in RowsAsync(tenant, from, cancellationToken))
            if (DocumentRow.Read(row) is { } document)
                yield return document.Info;
    }

    /// <inheritdoc cref="ListAsync(string, string?, CancellationToken)"/>
    public IAsyncEnumerable<DocumentInfo> ListAsync(string tenant, CancellationToken cancellationToken) =>
        ListAsync(tenant, from: null, cancellationToken);

    /// <returns>Null where the tenant has no such document.</returns>
    public async Task<DocumentInfo?> FindInfoAsync(string tenant, string id, CancellationToken cancellationToken) =>
        (await ReadRowAsync(tenant, id, cancellationToken))?.Info;

    /// <returns>Null where the tenant has no such document.</returns>
    public async Task<Document?> FindAsync(string tenant, string id, CancellationToken cancellationToken)
    {
        // Where the text is gone, another one has taken its place since the row was read.
        var gone = "";
        while (await ReadRowAsync(tenant, id, cancellationToken) is { } row && row.TextRow != gone)
        {
            if (await _texts.FindAsync(tenant, row.TextRow, cancellationToken) is { } text)
                return text.Of(row.Info);
            gone = row.TextRow;
        }

        return null;
    }

    /// <summary>All of a tenant's documents with their texts, one after the other, in the order of their ids, in one of the tenant's turns.</summary>
    public async IAsyncEnumerable<Document> TextsAsync(string tenant, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var turn = await turns.TakeAsync(tenant, cancellationToken);
        await using var texts = _texts.ReadAsync(tenant, cancellationToken).GetAsyncEnumerator(cancellationToken);
        var more = await texts.MoveNextAsync();
        await foreach (var row in RowsAsync(tenant, from: null, cancellationToken))
        {
            if (DocumentRow.Read(row) is not { } document)
                continue;
            while (more && string.CompareOrdinal(texts.Current.Row, document.TextRow) < 0)
                more = await texts.MoveNextAsync();
            var found = more && texts.Current.Row == document.TextRow
                ? texts.Current.Of(document.Info)
                // It was written since its place in the other table was passed.
                : await FindAsync(tenant, document.Info.Id, cancellationToken);
            if (found is not null)
                yield return found;
        }
    }

    /// <summary>The rows of all tenants' documents.</summary>
    public IAsyncEnumerable<TableRow> RowsAsync(CancellationToken cancellationToken) => store.QueryAsync(Table, new(), cancellationToken);

    /// <summary>Whether a row is that of a document that was last fetched before a time.</summary>
    public static bool IsFetchedBefore(TableRow row, DateTimeOffset time) =>
        row.Key.Row != DocumentTotals.RowKey && DocumentRow.Read(row)?.Info.FetchedAt < time;

    /// <param name="tenant">The tenant.</param>
    /// <param name="id">The document.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="onlyIf">Asked of it as it is when it is deleted; null deletes it whatever it is.</param>
    /// <returns>False where the tenant has no such document.</returns>
    public async Task<bool> DeleteAsync(string tenant, string id, CancellationToken cancellationToken, Func<DocumentInfo, bool>? onlyIf = null)
    {
        while (true)
        {
            var totals = await TotalsAsync(tenant, cancellationToken);
            if (await ReadRowAsync(tenant, id, cancellationToken) is not { } row || onlyIf?.Invoke(row.Info) == false)
                return false;
            if (!await TryMarkAsync(tenant, totals, [row], cancellationToken))
                continue;
            if (await store.GetAsync(Table, new(tenant, id), cancellationToken) is { } marked)
                await RemoveAsync(marked, cancellationToken);
            return true;
        }
    }

    /// <summary>Deletes the documents that a crawl job was the last to fetch. Where it is interrupted, calling it again goes on.</summary>
    /// <returns>How many there were.</returns>
    public Task<int> DeleteByJobAsync(string tenant, string job, CancellationToken cancellationToken) =>
        DeleteAsync(tenant, info => info.Job == job, cancellationToken);

    /// <summary>
    /// Deletes a tenant's documents and every row that is kept for them; nothing may be stored for the tenant meanwhile. Where it is
    /// interrupted, calling it again goes on.
    /// </summary>
    /// <returns>How many documents there were.</returns>
    public async Task<int> DeleteAllAsync(string tenant, CancellationToken cancellationToken)
    {
        var count = await DeleteAsync(tenant, _ => true, cancellationToken);
        await _texts.DeleteAllAsync(tenant, cancellationToken);
        await store.DeleteAsync(Table, new(tenant, DocumentTotals.RowKey), null, cancellationToken);
        return count;
    }

    private async Task<int> DeleteAsync(string tenant, Func<DocumentInfo, bool> which, CancellationToken cancellationToken)
    {
        using var turn = await turns.TakeAsync(tenant, cancellationToken);
        var (count, from) = (0, "");
        while (true)
        {
            var totals = await TotalsAsync(tenant, cancellationToken);
            var rows = await RowsAsync(tenant, from, cancellationToken)
                .Select(DocumentRow.Read).OfType<DocumentRow>().Where(row => which(row.Info)).Take(MaxMarked).ToArrayAsync(cancellationToken);
            if (rows.Length == 0)
                break;
            if (!await TryMarkAsync(tenant, totals, rows, cancellationToken))
                continue;
            count += rows.Length;
            from = rows[^1].Info.Id;
        }

        await foreach (var row in RowsAsync(tenant, from: null, cancellationToken).Where(row => DocumentRow.Read(row) is null))
            await RemoveAsync(row, cancellationToken);
        return count;
    }

    /// <returns>False where one of the rows or the totals was changed meanwhile.</returns>
    private async Task<bool> TryMarkAsync(
        string tenant, DocumentTotals totals, DocumentRow[] rows, CancellationToken cancellationToken)
    {
        var after = totals.Change(-rows.Length, -rows.Sum(row => row.Info.Bytes), time.GetUtcNow());
        TablePut[] puts = [.. rows.Select(row => row.PutRemoved(tenant, after.Version)), after.Put(tenant)];
        return await store.BatchAsync(Table, puts, cancellationToken) is not null;
    }

    /// <summary>Removes what is left of a deleted document.</summary>
    private async Task RemoveAsync(TableRow row, CancellationToken cancellationToken)
    {
        if (DocumentRow.Read(row) is not null)
            return;
        await _texts.DeleteAsync(row.Key.Partition, row.Key.Row, olderThan: DocumentRow.RemovedAt(row), keep: null, cancellationToken);
        await store.DeleteAsync(Table, row.Key, row.ETag, cancellationToken);
    }

    private IAsyncEnumerable<TableRow> RowsAsync(string tenant, string? from, CancellationToken cancellationToken) =>
        store.QueryAsync(Table, new() { Partition = tenant, FromRow = from, ToRow = DocumentTotals.RowKey }, cancellationToken);

    private async Task<DocumentRow?> ReadRowAsync(string tenant, string id, CancellationToken cancellationToken) =>
        id != DocumentTotals.RowKey && await store.GetAsync(Table, new(tenant, id), cancellationToken) is { } row ? DocumentRow.Read(row) : null;

    private PutOutcome? Full(DocumentTotals before, DocumentTotals after) =>
        after.Count > before.Count && after.Count > limits.MaxDocuments ? PutOutcome.TooManyDocuments
        : after.Bytes > before.Bytes && after.Bytes > limits.MaxBytes ? PutOutcome.TooManyBytes
        : null;

    private static byte[] Cut(string text, int maxBytes)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length <= maxBytes)
            return bytes;
        // Not in the middle of a character: its later bytes are 10xxxxxx.
        var end = maxBytes;
        while ((bytes[end] & 0xC0) == 0x80)
            end--;
        return bytes[..end];
    }
}

/// <summary>What became of a document that was to be stored.</summary>
internal enum PutOutcome
{
    /// <summary>It is new, or says something new.</summary>
    Stored,

    /// <summary>It was there with the same title and text; the rest of what is known about it is stored.</summary>
    Unchanged,

    /// <summary>Not stored: the tenant has as many documents as it may have.</summary>
    TooManyDocuments,

    /// <summary>Not stored: the tenant's texts would be longer than they may be.</summary>
    TooManyBytes,
}
