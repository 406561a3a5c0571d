using System.Security.Cryptography;
using System.Text;
using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Knowledge;

/// <summary>A document's row in the table <c>Documents</c>, or what is left of it while it is deleted.</summary>
/// <param name="Info">What is known about the document.</param>
/// <param name="Hash">Of its title and text.</param>
/// <param name="LinksHash">Of its links.</param>
/// <param name="TextRow">The row of the table <c>DocumentTexts</c> that has its text.</param>
internal sealed record DocumentRow(DocumentInfo Info, string Hash, string LinksHash, string TextRow)
{
    private const string Removed = "removed";

    /// <summary>Its version; null where it is not stored yet.</summary>
    public string? ETag { get; private init; }

    /// <returns>Null where the row only says that its document is deleted.</returns>
    public static DocumentRow? Read(TableRow row) => row.Values.GetValueOrDefault("textRow") is not string textRow ? null : new(
        new(row.Key.Row, (string)row.Values["url"], (string)row.Values["title"], (DateTimeOffset)row.Values["fetchedAt"])
        {
            Job = row.Values.GetValueOrDefault("job") as string,
            SourceETag = row.Values.GetValueOrDefault("sourceETag") as string,
            SourceLastModified = row.Values.GetValueOrDefault("sourceLastModified") as DateTimeOffset?,
            Bytes = (long)row.Values["bytes"],
            Revision = (long)row.Values["revision"],
        },
        (string)row.Values["hash"],
        (string)row.Values["linksHash"],
        textRow)
    {
        ETag = row.ETag,
    };

    public static string HashOf(ReadOnlySpan<byte> links) => Convert.ToHexStringLower(SHA256.HashData(links));

    public static string HashOf(string title, ReadOnlySpan<byte> text)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(title));
        // No text has this byte, so what ends the title cannot begin the text.
        hash.AppendData([0xFF]);
        hash.AppendData(text);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public TablePut Put(string tenant, PutCondition condition)
    {
        var values = new Dictionary<string, object>
        {
            ["url"] = Info.Url,
            ["title"] = Info.Title,
            ["fetchedAt"] = Info.FetchedAt,
            ["bytes"] = Info.Bytes,
            ["revision"] = Info.Revision,
            ["hash"] = Hash,
            ["linksHash"] = LinksHash,
            ["textRow"] = TextRow,
        };
        if (Info.Job is { } job)
            values["job"] = job;
        if (Info.SourceETag is { } eTag)
            values["sourceETag"] = eTag;
        if (Info.SourceLastModified is { } lastModified)
            values["sourceLastModified"] = lastModified;
        return new(new(tenant, Info.Id), values, condition);
    }

    /// <summary>Puts a mark in the document's place that it is deleted, since a batch deletes no rows.</summary>
    public TablePut PutRemoved(string tenant, long version) =>
        new(new(tenant, Info.Id), new Dictionary<string, object> { [Removed] = version }, PutCondition.IfMatch(ETag!));

    /// <summary>The version of the tenant's documents since which the document is deleted.</summary>
    public static long RemovedAt(TableRow row) => row.Values.GetValueOrDefault(Removed) as long? ?? 0;
}
