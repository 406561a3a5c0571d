using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Azure;
using Azure.Core;
using FunctionsApi.Storage.Accounts;

namespace FunctionsApi.Storage.Tables;

/// <summary>Tables in an account of Azure Table Storage, which any number of processes share, or in Azurite.</summary>
/// <remarks>
/// Reads, and writes without a condition, are repeated where they fail in passing; a write with a condition only where it is
/// known not to have happened. One that ends with a <see cref="TableStoreException"/> may have.
/// </remarks>
public sealed class AzureTableStore : ITableStore, IAsyncDisposable
{
    private readonly AccountConnection _connection;
    private readonly TableAddresses _addresses;

    public AzureTableStore(StorageAccount account) : this(account, new())
    {
    }

    internal AzureTableStore(StorageAccount account, AccountOptions options)
    {
        _connection = new(account, options);
        _addresses = new(account.Endpoint, account.Signature);
    }

    public async Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken)
    {
        TableArguments.Check(table, key);
        using var message = _connection.Create(RequestMethod.Get, _addresses.Row(table, key));
        var answer = await _connection.SendAsync(message, cancellationToken);
        if (answer.Status == 200)
            return Understand(answer, RowReader.Row);
        return ServiceError.Read(answer).IsNothingThere ? null : throw _connection.Failures.Of(answer);
    }

    public async Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken)
    {
        TableArguments.Check(table, put);
        if (IsOfOtherStore(put.Condition.ETag))
            return null;
        var body = RowWriter.Write(put);
        for (var created = false; ; created = true)
        {
            using var message = put.Condition.MustBeAbsent
                ? _connection.Create(RequestMethod.Post, _addresses.Table(table), body)
                : _connection.Create(RequestMethod.Put, _addresses.Row(table, put.Key), body, put.Condition.ETag);
            if (put.Condition != PutCondition.None)
                AccountRetry.OnlyOnce(message);
            var answer = await _connection.SendAsync(message, cancellationToken);
            if (answer.Status == 204)
                return ETagOf(answer);
            var error = ServiceError.Read(answer);
            if (Fails(put.Condition, error))
                return null;
            if (!error.IsTableMissing || created)
                throw _connection.Failures.Of(answer);
            await CreateTableAsync(table, cancellationToken);
        }
    }

    public async Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken)
    {
        TableArguments.Check(table, key);
        if (IsOfOtherStore(ifMatch))
            return await GetAsync(table, key, cancellationToken) is null;
        using var message = _connection.Create(RequestMethod.Delete, _addresses.Row(table, key), eTag: ifMatch ?? "*");
        if (ifMatch is not null)
            AccountRetry.OnlyOnce(message);
        var answer = await _connection.SendAsync(message, cancellationToken);
        if (answer.Status == 204)
            return true;
        var error = ServiceError.Read(answer);
        return error.IsNothingThere || (error.IsOtherVersion ? false : throw _connection.Failures.Of(answer));
    }

    public async Task<IReadOnlyList<string>?> BatchAsync(
        string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken)
    {
        TableArguments.Check(table, puts);
        if (puts.Count == 0)
            return [];
        if (puts.Any(put => IsOfOtherStore(put.Condition.ETag)))
            return null;
        var body = Changeset.Write(puts, put => put.Condition.MustBeAbsent ? _addresses.Table(table) : _addresses.Row(table, put.Key));
        for (var created = false; ; created = true)
        {
            using var message = _connection.Create(RequestMethod.Post, _addresses.Batch, body);
            message.Request.Headers.SetValue("Content-Type", Changeset.ContentType);
            _connection.AllowLong(message);
            if (puts.Any(put => put.Condition != PutCondition.None))
                AccountRetry.OnlyOnce(message);
            var answer = await _connection.SendAsync(message, cancellationToken);
            if (answer.Status != 202)
                throw _connection.Failures.Of(answer);
            var parts = Changeset.Read(answer.Content.ToString());
            if (parts.Count == puts.Count && parts.All(part => part is { Status: 204, ETag: not null }))
                return [.. parts.Select(part => part.ETag!)];
            if (parts is not [{ Status: >= 400, Error: var error }])
                throw _connection.Failures.NotUnderstood();
            if (puts.Any(put => Fails(put.Condition, error)))
                return null;
            if (!error.IsTableMissing || created)
                throw _connection.Failures.Of(error, RetryAfter.Of(answer));
            await CreateTableAsync(table, cancellationToken);
        }
    }

    public IAsyncEnumerable<TableRow> QueryAsync(string table, TableQuery query, CancellationToken cancellationToken)
    {
        TableArguments.Check(table, query);
        return Enumerate(table, query, cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        return default;
    }

    private async IAsyncEnumerable<TableRow> Enumerate(
        string table, TableQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Continuation? next = null;
        do
        {
            (var rows, next) = await ReadPageAsync(table, query, next, cancellationToken);
            foreach (var row in rows)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return row;
            }
        }
        while (next is not null);
    }

    private async Task<(List<TableRow> Rows, Continuation? Next)> ReadPageAsync(
        string table, TableQuery query, Continuation? from, CancellationToken cancellationToken)
    {
        using var message = _connection.Create(RequestMethod.Get, _addresses.Rows(table, query, from));
        _connection.AllowLong(message);
        var answer = await _connection.SendAsync(message, cancellationToken);
        if (answer.Status != 200)
            return ServiceError.Read(answer).IsNothingThere ? ([], null) : throw _connection.Failures.Of(answer);
        // A page may be empty and yet not be the last.
        answer.Headers.TryGetValue("x-ms-continuation-NextRowKey", out var row);
        return (
            Understand(answer, RowReader.Rows),
            answer.Headers.TryGetValue("x-ms-continuation-NextPartitionKey", out var partition) ? new(partition, row) : null);
    }

    private async Task CreateTableAsync(string table, CancellationToken cancellationToken)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"TableName":"{{table}}"}""");
        using var message = _connection.Create(RequestMethod.Post, _addresses.Tables, body);
        var answer = await _connection.SendAsync(message, cancellationToken);
        // Whoever wants it at the same moment may have been faster.
        if (answer.Status != 204 && ServiceError.Read(answer).Code != "TableAlreadyExists")
            throw _connection.Failures.Of(answer);
    }

    // Every ETag of the service is weak and quoted. Anything else matches no version here, and "*" must not match all.
    private static bool IsOfOtherStore(string? eTag) => eTag is not null && !eTag.StartsWith("W/\"", StringComparison.Ordinal);

    private static bool Fails(PutCondition condition, ServiceError error) =>
        condition.MustBeAbsent ? error.IsAlreadyThere
        : condition.ETag is not null && (error.IsOtherVersion || error.IsNothingThere);

    private string ETagOf(Response answer) =>
        answer.Headers.TryGetValue("ETag", out var eTag) ? eTag : throw _connection.Failures.NotUnderstood();

    private T Understand<T>(Response answer, Func<ReadOnlySpan<byte>, T> read)
    {
        try
        {
            return read(answer.Content.ToMemory().Span);
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException or InvalidDataException)
        {
            throw _connection.Failures.NotUnderstood(exception);
        }
    }
}
