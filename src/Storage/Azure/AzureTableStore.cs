using System.Runtime.CompilerServices;
using Azure;
using Azure.Data.Tables;

namespace FunctionsApi.Storage.Azure;

/// <summary>Tables in an account of Azure Table Storage, which any number of processes share, or in Azurite.</summary>
/// <remarks>
/// Reads, and writes without a condition, are repeated where they fail in passing; a write with a condition only where it is
/// known not to have happened. One that ends with a <see cref="TableStoreException"/> may have.
/// </remarks>
public sealed class AzureTableStore : ITableStore, IStoreTime, IAsyncDisposable
{
    private readonly AccountCalls _calls;
    private readonly TableServiceClient _service;

    /// <param name="account">Its tables.</param>
    /// <param name="onTime">Is called with the service's time at each of its answers, on whatever thread receives it.</param>
    public AzureTableStore(StorageAccount account, Action<StoreTime>? onTime = null) : this(account, new(), onTime)
    {
    }

    internal AzureTableStore(StorageAccount account, AccountOptions options, Action<StoreTime>? onTime = null)
    {
        _calls = new(account, options, onTime);
        var clientOptions = _calls.Configure(new TableClientOptions());
        _service = account.Credential is { } credential
            ? new(account.Address, _calls.Named(credential), clientOptions)
            : new(account.ConnectionString, clientOptions);
    }

    public StoreTime? Time => _calls.Time;

    public async Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken)
    {
        TableArguments.Check(table, key);
        var answer = await _calls.AskAsync(
            async () =>
            {
                var found = await _service.GetTableClient(table).GetEntityIfExistsAsync<TableEntity>(
                    EscapedKey.Escape(key.Partition), EscapedKey.Escape(key.Row), null, cancellationToken);
                return found.HasValue ? RowEntity.Row(found.Value!) : null;
            },
            cancellationToken);
        return answer.Error is not { IsNothingThere: false } error ? answer.Value : throw _calls.Failures.Of(error);
    }

    public async Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken)
    {
        TableArguments.Check(table, put);
        if (IsOfOtherStore(put.Condition.ETag))
            return null;
        var entity = RowEntity.Of(put);
        var traits = put.Condition == PutCondition.None ? RequestTraits.None : RequestTraits.OnlyOnce;
        return await WriteAsync(
            table, [put], () => PutAsync(_service.GetTableClient(table), entity, put.Condition, cancellationToken), traits, cancellationToken);
    }

    public async Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken)
    {
        TableArguments.Check(table, key);
        if (IsOfOtherStore(ifMatch))
            return await GetAsync(table, key, cancellationToken) is null;
        var answer = await _calls.AskAsync(
            () => _service.GetTableClient(table).DeleteEntityAsync(
                EscapedKey.Escape(key.Partition), EscapedKey.Escape(key.Row), ifMatch is null ? ETag.All : new(ifMatch), cancellationToken),
            cancellationToken,
            ifMatch is null ? RequestTraits.None : RequestTraits.OnlyOnce);
        if (answer.Error is not { IsNothingThere: false } error)
            return true;
        return error.IsOtherVersion ? false : throw _calls.Failures.Of(error);
    }

    public async Task<IReadOnlyList<string>?> BatchAsync(
        string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken)
    {
        TableArguments.Check(table, puts);
        if (puts.Count == 0)
            return [];
        if (puts.Any(put => IsOfOtherStore(put.Condition.ETag)))
            return null;
        TableTransactionAction[] actions = [.. puts.Select(ActionOf)];
        var traits = RequestTraits.Long | (puts.All(put => put.Condition == PutCondition.None) ? RequestTraits.None : RequestTraits.OnlyOnce);
        return await WriteAsync(
            table, puts, () => BatchAsync(_service.GetTableClient(table), actions, cancellationToken), traits, cancellationToken);
    }

    public IAsyncEnumerable<TableRow> QueryAsync(string table, TableQuery query, CancellationToken cancellationToken)
    {
        TableArguments.Check(table, query);
        return Enumerate(table, query, cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        _calls.Dispose();
        return default;
    }

    /// <summary>Writes, and makes the table where it is missing.</summary>
    private async Task<T?> WriteAsync<T>(
        string table, IReadOnlyList<TablePut> puts, Func<Task<T>> write, RequestTraits traits, CancellationToken cancellationToken)
        where T : class
    {
        for (var created = false; ; created = true)
        {
            var answer = await _calls.AskAsync(write, cancellationToken, traits);
            if (answer.Error is not { } error)
                return answer.Value;
            if (puts.Any(put => Fails(put.Condition, error)))
                return null;
            if (!error.IsTableMissing || created)
                throw _calls.Failures.Of(error);
            var making = await _calls.AskAsync(() => _service.CreateTableIfNotExistsAsync(table, cancellationToken), cancellationToken);
            if (making.Error is { } problem)
                throw _calls.Failures.Of(problem);
        }
    }

    private static async Task<string> PutAsync(
        TableClient table, TableEntity entity, PutCondition condition, CancellationToken cancellationToken)
    {
        var response = condition switch
        {
            { MustBeAbsent: true } => await table.AddEntityAsync(entity, cancellationToken),
            { ETag: { } eTag } => await table.UpdateEntityAsync(entity, new(eTag), TableUpdateMode.Replace, cancellationToken),
            _ => await table.UpsertEntityAsync(entity, TableUpdateMode.Replace, cancellationToken),
        };
        return ETagOf(response);
    }

    private static async Task<IReadOnlyList<string>> BatchAsync(
        TableClient table, TableTransactionAction[] actions, CancellationToken cancellationToken)
    {
        var responses = (await table.SubmitTransactionAsync(actions, cancellationToken)).Value;
        return responses.Count == actions.Length
            ? [.. responses.Select(ETagOf)]
            : throw new InvalidDataException($"{responses.Count} of {actions.Length} rows were answered for.");
    }

    private static TableTransactionAction ActionOf(TablePut put) => put.Condition switch
    {
        { MustBeAbsent: true } => new(TableTransactionActionType.Add, RowEntity.Of(put)),
        { ETag: { } eTag } => new(TableTransactionActionType.UpdateReplace, RowEntity.Of(put), new(eTag)),
        _ => new(TableTransactionActionType.UpsertReplace, RowEntity.Of(put)),
    };

    private async IAsyncEnumerable<TableRow> Enumerate(
        string table, TableQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var pages = _service.GetTableClient(table).QueryAsync<TableEntity>(FilterOf(query), null, null, cancellationToken)
            .AsPages().GetAsyncEnumerator(cancellationToken);
        while (await ReadPageAsync(pages, cancellationToken) is { } rows)
        {
            foreach (var row in rows)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return row;
            }
        }
    }

    /// <returns>Null after the last. A page may be empty and yet not be the last.</returns>
    private async Task<List<TableRow>?> ReadPageAsync(IAsyncEnumerator<Page<TableEntity>> pages, CancellationToken cancellationToken)
    {
        var answer = await _calls.AskAsync<List<TableRow>?>(
            async () => await pages.MoveNextAsync() ? [.. pages.Current.Values.Select(RowEntity.Row)] : null,
            cancellationToken,
            RequestTraits.Long);
        return answer.Error is not { IsNothingThere: false } error ? answer.Value : throw _calls.Failures.Of(error);
    }

    // No quote is left in an escaped key, so none has to be doubled.
    private static string? FilterOf(TableQuery query)
    {
        string?[] conditions =
        [
            query.Partition is { } partition ? $"PartitionKey eq '{EscapedKey.Escape(partition)}'" : null,
            query.FromRow is { } from ? $"RowKey ge '{EscapedKey.Escape(from)}'" : null,
            query.ToRow is { } to ? $"RowKey lt '{EscapedKey.Escape(to)}'" : null,
        ];
        var filter = string.Join(" and ", conditions.Where(condition => condition is not null));
        return filter.Length > 0 ? filter : null;
    }

    // Every ETag of the service is weak and quoted. Anything else matches no version here, and "*" must not match all.
    private static bool IsOfOtherStore(string? eTag) => eTag is not null && !eTag.StartsWith("W/\"", StringComparison.Ordinal);

    private static bool Fails(PutCondition condition, ServiceError error) =>
        condition.MustBeAbsent ? error.IsAlreadyThere
        : condition.ETag is not null && (error.IsOtherVersion || error.IsNothingThere);

    private static string ETagOf(Response response) =>
        response.Headers.ETag?.ToString() ?? throw new InvalidDataException("A write was answered without an ETag.");
}
