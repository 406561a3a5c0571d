using FunctionsApi.Storage.Tests.Contract;

namespace FunctionsApi.Storage.Tests;

public sealed class InMemoryTableStoreTests : TableStoreContract
{
    protected override Task<ITableStore> OpenAsync() => Task.FromResult<ITableStore>(new InMemoryTableStore());
}
