namespace FunctionsApi.Storage;

/// <summary>
/// Rows in tables, each found by its partition and row key and guarded by an ETag: the part of Azure Table Storage that
/// this project needs, and what the other stores imitate. All operations are durable when they return.
/// </summary>
/// <remarks>
/// Table names are 3 to 63 letters and digits, start with a letter and ignore case; a table comes to be when it is first
/// written to. Keys are any well-formed text of up to 512 characters, of which control characters, space, U+007E to U+009F,
/// U+D7A3 and above and !"#$%&amp;'*+./&gt;?[\ count twice; they compare by ordinal. Every method throws <see cref="ArgumentException"/> for what no store can hold, and
/// <see cref="TableStoreException"/> where the store cannot be read or written; a write that failed so may still have
/// happened where the store is remote and only its answer was lost. Cancelling gives up waiting, with no promise whether
/// the write still happens.
/// </remarks>
public interface ITableStore
{
    /// <returns>The row, or null where there is none.</returns>
    Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken);

    /// <summary>Writes a whole row if its condition holds.</summary>
    /// <returns>The row's new ETag, or null where the condition did not hold and nothing was written.</returns>
    Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken);

    /// <summary>Removes a row; one that is gone already is no error.</summary>
    /// <param name="table">The table.</param>
    /// <param name="key">The row.</param>
    /// <param name="ifMatch">Remove only this version; null removes any.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>False where the row has another version and was left alone.</returns>
    Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken);

    /// <summary>
    /// Reads rows in order of partition, then row key, a page at a time: of what is written or removed meanwhile, it may
    /// return either version, but it returns no row twice.
    /// </summary>
    IAsyncEnumerable<TableRow> QueryAsync(string table, TableQuery query, CancellationToken cancellationToken);

    /// <summary>Writes up to 100 different rows of one partition, 1 MiB together, all or none.</summary>
    /// <returns>The new ETags in order, or null where any condition did not hold and nothing was written.</returns>
    Task<IReadOnlyList<string>?> BatchAsync(string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken);

    /// <summary>Sees whether the store can be used now, as far as that costs little: by default, whether it can be read.</summary>
    /// <exception cref="TableStoreException">It cannot.</exception>
    Task CheckAsync(CancellationToken cancellationToken) => GetAsync("Meta", new("clock", ""), cancellationToken);
}
