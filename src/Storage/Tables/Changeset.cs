using System.Buffers;
using System.Text;
using FunctionsApi.Storage.Accounts;

namespace FunctionsApi.Storage.Tables;

/// <summary>
/// A batch as the service takes it, and its answer: requests and responses in MIME parts.
/// https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
/// </summary>
internal static class Changeset
{
    public const string ContentType = $"multipart/mixed; boundary={BatchBoundary}";

    // A boundary must not occur in what it parts, and no line of that begins with two hyphens: JSON has no line breaks.
    // Azurite wants the words and the underscores.
    private const string BatchBoundary = "batch_of";
    private const string ChangesetBoundary = "changeset_of";

    public static ReadOnlyMemory<byte> Write(IReadOnlyList<TablePut> puts, Func<TablePut, Uri> addressOf)
    {
        var body = new ArrayBufferWriter<byte>(puts.Count * 1024);
        Add(body, $"--{BatchBoundary}\r\nContent-Type: multipart/mixed; boundary={ChangesetBoundary}\r\n\r\n");
        foreach (var put in puts)
        {
            Add(body, $"--{ChangesetBoundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n");
            Add(body, $"{(put.Condition.MustBeAbsent ? "POST" : "PUT")} {addressOf(put)} HTTP/1.1\r\n");
            Add(body, "Accept: application/json;odata=minimalmetadata\r\nContent-Type: application/json\r\nDataServiceVersion: 3.0\r\n");
            if (put.Condition.MustBeAbsent)
                Add(body, "Prefer: return-no-content\r\n");
            if (put.Condition.ETag is { } eTag)
                Add(body, $"If-Match: {eTag}\r\n");
            Add(body, "\r\n");
            body.Write(RowWriter.Write(put).Span);
            Add(body, "\r\n");
        }

        Add(body, $"--{ChangesetBoundary}--\r\n--{BatchBoundary}--\r\n");
        return body.WrittenMemory;
    }

    /// <summary>The response to each row; of a batch that failed there is but one.</summary>
    public static IReadOnlyList<Part> Read(string answer) => [.. answer.Split("\nHTTP/1.1 ").Skip(1).Select(ReadPart)];

    private static Part ReadPart(string part)
    {
        var lines = part.Split("\r\n");
        _ = int.TryParse(lines[0].Split(' ')[0], out var status);
        var eTag = lines
            .TakeWhile(line => line.Length > 0)
            .FirstOrDefault(line => line.StartsWith("ETag:", StringComparison.OrdinalIgnoreCase))?["ETag:".Length..].Trim();
        var body = lines.FirstOrDefault(line => line.StartsWith('{')) ?? "";
        return new(status, eTag, ServiceError.Read(status, Encoding.UTF8.GetBytes(body)));
    }

    private static void Add(ArrayBufferWriter<byte> body, string text) => Encoding.UTF8.GetBytes(text, body);
}

/// <summary>A response within the answer to a batch.</summary>
internal readonly record struct Part(int Status, string? ETag, ServiceError Error);
