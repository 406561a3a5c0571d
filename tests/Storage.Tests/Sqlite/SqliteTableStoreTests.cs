using FunctionsApi.Storage.Sqlite;
using FunctionsApi.Storage.Tests.Contract;

namespace FunctionsApi.Storage.Tests.Sqlite;

public sealed class SqliteTableStoreTests : TableStoreContract
{
    private readonly TemporaryDirectory _directory = new();

    protected override async Task<ITableStore> OpenAsync() => await SqliteTableStore.OpenAsync(_directory.Database);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Dispose();
    }
}
