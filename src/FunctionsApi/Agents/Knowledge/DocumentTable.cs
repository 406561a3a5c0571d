using System.Runtime.CompilerServices;
using System.Text;
using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Knowledge;

/// <summary>
/// Table <c>Documents</c>: partition = tenant, row = document. The text is UTF-8 in pieces, because a value holds 64 KiB.
/// </summary>
internal sealed class DocumentTable(ITableStore store, TenantTurns turns)
{
    /// <summary>
    /// The longest text that is kept, in bytes of UTF-8; what is longer loses its end. A row holds 1 MiB, which Azurite counts
    /// in base64.
    /// </summary>
    public const int MaxTextBytes = 11 * PieceBytes;

    private const string Name = "Documents";
    private const int PieceBytes = 64 * 1024, MaxTitle = 500;

    /// <summary>Stores a document in place of the one that had its id.</summary>
    public Task PutAsync(string tenant, Document document, CancellationToken cancellationToken)
    {
        var values = new Dictionary<string, object>
        {
            ["url"] = document.Url,
            ["title"] = Encoding.UTF8.GetString(Cut(document.Title, MaxTitle)),
            ["fetchedAt"] = document.FetchedAt,
        };
        if (document.Job is { } job)
            values["job"] = job;
        foreach (var (number, piece) in Cut(document.Text, MaxTextBytes).Chunk(PieceBytes).Index())
            values[$"text{number}"] = piece;
        return store.PutAsync(Name, new(new(tenant, document.Id), values, PutCondition.None), cancellationToken);
    }

    /// <returns>Null where the tenant has no such document.</returns>
    public async Task<Document?> FindAsync(string tenant, string id, CancellationToken cancellationToken) =>
        await store.GetAsync(Name, new(tenant, id), cancellationToken) is { } row ? FromRow(row) : null;

    /// <summary>All of a tenant's documents, one after the other.</summary>
    public async IAsyncEnumerable<Document> AllAsync(string tenant, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var turn = await turns.TakeAsync(tenant, cancellationToken);
        await foreach (var row in store.QueryAsync(Name, new() { Partition = tenant }, cancellationToken))
            yield return FromRow(row);
    }

    private static Document FromRow(TableRow row)
    {
        byte[] text = [.. Enumerable.Range(0, int.MaxValue)
            .Select(number => row.Values.GetValueOrDefault($"text{number}") as byte[])
            .TakeWhile(piece => piece is not null)
            .SelectMany(piece => piece!)];
        return new(
            row.Key.Row, (string)row.Values["url"], (string)row.Values["title"], Encoding.UTF8.GetString(text),
            (DateTimeOffset)row.Values["fetchedAt"])
        {
            Job = row.Values.GetValueOrDefault("job") as string,
        };
    }

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
