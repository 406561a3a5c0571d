namespace FunctionsApi.Storage.Tables;

/// <summary>Where tables, rows and queries are.</summary>
/// <param name="endpoint">The account's tables, without a slash at the end.</param>
/// <param name="signature">A shared access signature, part of every address; null where requests are signed otherwise.</param>
internal sealed class TableAddresses(string endpoint, string? signature)
{
    public Uri Tables => Address("Tables");

    public Uri Batch => Address("$batch");

    public Uri Table(string table) => Address(table);

    public Uri Row(string table, TableKey key) => Address($"{table}(PartitionKey='{Key(key.Partition)}',RowKey='{Key(key.Row)}')");

    /// <param name="table">The table.</param>
    /// <param name="query">The rows.</param>
    /// <param name="continuation">Where the page before this one said to go on; null is the first page.</param>
    public Uri Rows(string table, TableQuery query, Continuation? continuation)
    {
        var filter = string.Join(" and ", Conditions(query));
        string[] parameters =
        [
            .. filter.Length > 0 ? [$"$filter={Uri.EscapeDataString(filter)}"] : Array.Empty<string>(),
            .. continuation?.Partition is { } partition ? [$"NextPartitionKey={Uri.EscapeDataString(partition)}"] : Array.Empty<string>(),
            .. continuation?.Row is { } row ? [$"NextRowKey={Uri.EscapeDataString(row)}"] : Array.Empty<string>(),
        ];
        return Address($"{table}()", string.Join('&', parameters));
    }

    private Uri Address(string path, string query = "") =>
        new($"{endpoint}/{path}?{query}{(query.Length > 0 && signature is not null ? "&" : "")}{signature}".TrimEnd('?'));

    // No quote is left in an escaped key, so none has to be doubled.
    private static string Key(string key) => Uri.EscapeDataString(EscapedKey.Escape(key));

    private static IEnumerable<string> Conditions(TableQuery query)
    {
        if (query.Partition is { } partition)
            yield return $"PartitionKey eq '{EscapedKey.Escape(partition)}'";
        if (query.FromRow is { } from)
            yield return $"RowKey ge '{EscapedKey.Escape(from)}'";
        if (query.ToRow is { } to)
            yield return $"RowKey lt '{EscapedKey.Escape(to)}'";
    }
}

/// <summary>As the service said it: opaque.</summary>
internal sealed record Continuation(string Partition, string? Row);
