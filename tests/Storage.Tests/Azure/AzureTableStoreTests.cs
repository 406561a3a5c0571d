using FunctionsApi.Storage.Azure;
using FunctionsApi.Storage.Tests.Contract;

namespace FunctionsApi.Storage.Tests.Azure;

public sealed class AzureTableStoreTests(SharedAzurite shared) : TableStoreContract
{
    // Azurite is written in JavaScript, which prints -0 as 0. Azure Tables is sent -0 as JSON can say it.
    protected override bool KeepsTheSignOfZero => false;

    protected override async Task<ITableStore> OpenAsync() =>
        new AzureTableStore(StorageAccount.Parse(StorageService.Tables, (await shared.StartedAsync()).ConnectionString), SharedAzurite.Options);
}
