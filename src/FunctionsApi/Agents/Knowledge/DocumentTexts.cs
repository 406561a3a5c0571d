// A text's row is written before the document's row that leads to it, under a key that nobody else writes: the document's id, the
// version of the tenant's documents that its writer saw, and a random part. Once a document's row is written and has brought a new
// version, all texts of the document whose writers saw an older one are deleted: what was replaced, and what somebody left who was
// killed before he wrote the document's row. Nobody who saw an older version can write that row any more.

using System.Text;
using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Knowledge;

/// <summary>Table <c>DocumentTexts</c>: partition = tenant, a row for each text, in pieces of UTF-8, because a value holds 64 KiB.</summary>
internal sealed class DocumentTexts(ITableStore store)
{
    /// <summary>
    /// The longest text that is kept, in bytes of UTF-8; what is longer loses its end. A row holds 1 MiB, which Azurite counts
    /// in base64.
    /// </summary>
    public const int MaxBytes = 10 * PieceBytes;

    private const string Table = "DocumentTexts";
    private const string LinksColumn = "links";
    private const int PieceBytes = 64 * 1024;

    /// <summary>Writes a text for a document's row that is yet to be written.</summary>
    /// <returns>The row's key.</returns>
    public async Task<string> PutAsync(string tenant, string id, long seen, byte[] text, byte[] links, CancellationToken cancellationToken)
    {
        var row = $"{Prefix(id)}{seen:x16}-{Guid.NewGuid():N}";
        var values = text.Chunk(PieceBytes).Index().ToDictionary(piece => $"text{piece.Index}", piece => (object)piece.Item);
        values[LinksColumn] = links;
        await store.PutAsync(Table, new(new(tenant, row), values, PutCondition.IfAbsent), cancellationToken);
        return row;
    }

    /// <returns>Null where it is deleted by now.</returns>
    public async Task<StoredText?> FindAsync(string tenant, string row, CancellationToken cancellationToken) =>
        await store.GetAsync(Table, new(tenant, row), cancellationToken) is { } found ? TextOf(found) : null;

    /// <summary>All of a tenant's texts by their rows' keys, in their order.</summary>
    public IAsyncEnumerable<StoredText> ReadAsync(string tenant, CancellationToken cancellationToken) =>
        store.QueryAsync(Table, new() { Partition = tenant }, cancellationToken).Select(TextOf);

    /// <summary>Links as they are stored: those that fit.</summary>
    public static byte[] Join(IReadOnlyList<string> links)
    {
        var bytes = new MemoryStream();
        foreach (var link in links.Select(link => Encoding.UTF8.GetBytes($"{link}\n")).TakeWhile(link => bytes.Length + link.Length <= PieceBytes))
            bytes.Write(link);
        return bytes.ToArray();
    }

    public Task DeleteAsync(string tenant, string row, CancellationToken cancellationToken) =>
        store.DeleteAsync(Table, new(tenant, row), null, cancellationToken);

    /// <summary>Deletes the texts of a document whose writers saw an older version than this, but for the one to keep.</summary>
    public Task DeleteAsync(string tenant, string id, long olderThan, string? keep, CancellationToken cancellationToken) =>
        DeleteRowsAsync(new() { Partition = tenant, FromRow = Prefix(id), ToRow = $"{Prefix(id)}{olderThan:x16}" }, keep, cancellationToken);

    /// <summary>Deletes all of a tenant's.</summary>
    public Task DeleteAllAsync(string tenant, CancellationToken cancellationToken) =>
        DeleteRowsAsync(new() { Partition = tenant }, keep: null, cancellationToken);

    private async Task DeleteRowsAsync(TableQuery query, string? keep, CancellationToken cancellationToken)
    {
        await foreach (var row in store.QueryAsync(Table, query, cancellationToken))
            if (row.Key.Row != keep)
                await store.DeleteAsync(Table, row.Key, null, cancellationToken);
    }

    private static string Prefix(string id) => $"{id}-";

    private static StoredText TextOf(TableRow row)
    {
        byte[] text =
        [
            .. Enumerable.Range(0, int.MaxValue)
                .Select(number => row.Values.GetValueOrDefault($"text{number}") as byte[])
                .TakeWhile(piece => piece is not null)
                .SelectMany(piece => piece!),
        ];
        var links = row.Values.GetValueOrDefault(LinksColumn) as byte[] ?? [];
        return new(row.Key.Row, Encoding.UTF8.GetString(text), Encoding.UTF8.GetString(links).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}

/// <summary>A text as it is stored.</summary>
/// <param name="Row">Its row's key.</param>
/// <param name="Text">The text.</param>
/// <param name="Links">What the page links to.</param>
internal sealed record StoredText(string Row, string Text, string[] Links)
{
    public Document Of(DocumentInfo info) => new(info, Text) { Links = Links };
}
