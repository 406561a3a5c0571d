using FunctionsApi.Storage.Accounts;
using FunctionsApi.Storage.Queues;
using FunctionsApi.Storage.Tests.Contract;
using FunctionsApi.Storage.Tests.Tables;

namespace FunctionsApi.Storage.Tests.Queues;

public sealed class AzureQueueStoreTests(SharedAzurite shared) : QueueStoreContract
{
    protected override async Task<IQueueStore> OpenAsync()
    {
        var azurite = await shared.StartedAsync();
        return new AzureQueueStore(StorageAccount.Parse(StorageService.Queues, azurite.ConnectionString), SharedAzurite.Options);
    }
}
