using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Contract;

/// <summary>
/// What every <see cref="ITableStore"/> does. An implementation's tests inherit it; each test has a table of its own, so
/// that a store that is far away can be shared by all of them.
/// </summary>
public abstract partial class TableStoreContract : IAsyncLifetime
{
    private ITableStore Store { get; set; } = null!;

    protected string Table { get; } = $"t{Guid.NewGuid():N}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected abstract Task<ITableStore> OpenAsync();

    /// <summary>Whether -0.0 comes back as itself.</summary>
    protected virtual bool KeepsTheSignOfZero => true;

    public async ValueTask InitializeAsync() => Store = await OpenAsync();

    public virtual async ValueTask DisposeAsync()
    {
        if (Store is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private Task<TableRow?> Get(string partition, string row) => Store.GetAsync(Table, new(partition, row), Cancellation);

    private async Task<object?> Read(string partition, string row) => (await Get(partition, row))?.Values["v"];

    private Task<string?> Put(string partition, string row, object value, PutCondition condition = default) =>
        Store.PutAsync(Table, Row(partition, row, value, condition), Cancellation);

    private async Task<string> MustPut(string partition, string row, object value) =>
        (await Put(partition, row, value)).ShouldNotBeNull();

    private Task<bool> Delete(string partition, string row, string? ifMatch = null) =>
        Store.DeleteAsync(Table, new(partition, row), ifMatch, Cancellation);

    private Task<IReadOnlyList<string>?> Batch(params IReadOnlyList<TablePut> puts) => Store.BatchAsync(Table, puts, Cancellation);

    private async Task<TableRow[]> Query(TableQuery query) =>
        await Store.QueryAsync(Table, query, Cancellation).ToArrayAsync(Cancellation);

    private static TablePut Row(string partition, string row, object value, PutCondition condition = default) =>
        new(new(partition, row), new Dictionary<string, object> { ["v"] = value }, condition);
}
