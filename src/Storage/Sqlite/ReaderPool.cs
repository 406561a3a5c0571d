using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace FunctionsApi.Storage.Sqlite;

/// <summary>Readers that wait to be used: as many as were ever used at the same time, at most one a thread.</summary>
internal sealed class ReaderPool(SqliteFile file) : IDisposable
{
    private readonly ConcurrentBag<SqliteReader> _idle = [];
    private volatile bool _disposed;

    public T Use<T>(Func<SqliteReader, T> read)
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(SqliteTableStore));
        SqliteReader? reader = null;
        try
        {
            reader = _idle.TryTake(out var idle) ? idle : new(file.Connect());
            var result = read(reader);
            GiveBack(reader);
            return result;
        }
        catch (Exception e) when (e is SqliteException or InvalidDataException)
        {
            reader?.Dispose();
            throw file.Explain(e);
        }
    }

    private void GiveBack(SqliteReader reader)
    {
        _idle.Add(reader);
        if (_disposed)
            Dispose();
    }

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryTake(out var reader))
            reader.Dispose();
    }
}
