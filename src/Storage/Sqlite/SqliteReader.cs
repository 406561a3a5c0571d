using Microsoft.Data.Sqlite;

namespace FunctionsApi.Storage.Sqlite;

/// <summary>A connection that only reads, with its statements prepared. One thread uses it at a time.</summary>
internal sealed class SqliteReader : IDisposable
{
    private const int PageRows = 256;
    private const int PageBytes = 1024 * 1024;

    private readonly SqliteConnection _connection;
    private readonly Statement _get;
    private readonly Statement _page;
    private readonly Statement _pageOfPartition;

    public SqliteReader(SqliteConnection connection)
    {
        _connection = connection;
        _get = new(connection,
            """
            SELECT partition_key, row_key, etag, columns FROM rows
            WHERE table_name = $1 AND partition_key = $2 AND row_key = $3
            """);
        _page = new(connection,
            """
            SELECT partition_key, row_key, etag, columns FROM rows
            WHERE table_name = $1 AND (partition_key, row_key) >= ($2, $3) AND row_key >= $4 AND row_key < $5
            ORDER BY partition_key, row_key
            """);
        _pageOfPartition = new(connection,
            """
            SELECT partition_key, row_key, etag, columns FROM rows
            WHERE table_name = $1 AND partition_key = $2 AND row_key >= $3 AND row_key < $4
            ORDER BY row_key
            """);
    }

    public TableRow? Get(string table, TableKey key)
    {
        using var rows = _get.Read(table, KeyBytes.Encode(key.Partition), KeyBytes.Encode(key.Row));
        return rows.Read() ? ReadRow(rows, out _) : null;
    }

    /// <summary>
    /// Reads the next rows that a query asks for: a page of them, so that no enumeration, however slow its consumer, keeps
    /// a read transaction open and with it the write-ahead log from being emptied.
    /// </summary>
    public Page ReadPage(string table, TableQuery query, TableKey? after)
    {
        using var rows = query.Partition is { } partition
            ? _pageOfPartition.Read(table, KeyBytes.Encode(partition), After(after?.Row) ?? From(query), To(query))
            : _page.Read(table, KeyBytes.Encode(after?.Partition ?? ""), After(after?.Row) ?? [], From(query), To(query));

        var page = new List<TableRow>();
        for (var bytes = 0; page.Count < PageRows && bytes < PageBytes;)
        {
            if (!rows.Read())
                return new(page, IsLast: true);
            page.Add(ReadRow(rows, out var size));
            bytes += size;
        }

        return new(page, IsLast: false);
    }

    private static byte[]? After(string? row) => row is null ? null : KeyBytes.After(KeyBytes.Encode(row));

    private static byte[] From(TableQuery query) => KeyBytes.Encode(query.FromRow ?? "");

    private static byte[] To(TableQuery query) => query.ToRow is { } row ? KeyBytes.Encode(row) : KeyBytes.End;

    private static TableRow ReadRow(SqliteDataReader rows, out int size)
    {
        var partition = KeyBytes.Decode(rows.GetFieldValue<byte[]>(0));
        var row = KeyBytes.Decode(rows.GetFieldValue<byte[]>(1));
        var columns = rows.GetFieldValue<byte[]>(3);
        size = columns.Length;
        return new(new(partition, row), ColumnBytes.Decode(columns), $"{rows.GetInt64(2)}");
    }

    public void Dispose()
    {
        _get.Dispose();
        _page.Dispose();
        _pageOfPartition.Dispose();
        _connection.Dispose();
    }
}

internal readonly record struct Page(IReadOnlyList<TableRow> Rows, bool IsLast);
