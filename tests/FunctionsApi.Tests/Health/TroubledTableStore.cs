using System.Runtime.CompilerServices;
using FunctionsApi.Storage;

namespace FunctionsApi.Tests.Health;

/// <summary>What is wrong with a store.</summary>
public enum Trouble
{
    None,

    /// <summary>It fails at once.</summary>
    Fails,

    /// <summary>It takes what it is asked and never answers.</summary>
    Hangs,
}

/// <summary>A store that is in trouble while a test says so.</summary>
internal sealed class TroubledTableStore(ITableStore inner) : ITableStore
{
    public Trouble Trouble { get; set; }

    public async Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken)
    {
        await MeetTroubleAsync(cancellationToken);
        return await inner.GetAsync(table, key, cancellationToken);
    }

    public async Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken)
    {
        await MeetTroubleAsync(cancellationToken);
        return await inner.PutAsync(table, put, cancellationToken);
    }

    public async Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken)
    {
        await MeetTroubleAsync(cancellationToken);
        return await inner.DeleteAsync(table, key, ifMatch, cancellationToken);
    }

    public async Task<IReadOnlyList<string>?> BatchAsync(
        string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken)
    {
        await MeetTroubleAsync(cancellationToken);
        return await inner.BatchAsync(table, puts, cancellationToken);
    }

    public async IAsyncEnumerable<TableRow> QueryAsync(
        string table, TableQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await MeetTroubleAsync(cancellationToken);
        await foreach (var row in inner.QueryAsync(table, query, cancellationToken))
            yield return row;
    }

    private Task MeetTroubleAsync(CancellationToken cancellationToken) => Trouble switch
    {
        Trouble.Fails => throw new TableStoreException("'/var/secret.db' is gone."),
        Trouble.Hangs => new TaskCompletionSource().Task.WaitAsync(cancellationToken),
        _ => Task.CompletedTask,
    };
}
