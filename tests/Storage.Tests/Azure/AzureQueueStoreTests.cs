using FunctionsApi.Storage.Azure;
using FunctionsApi.Storage.Tests.Contract;

namespace FunctionsApi.Storage.Tests.Azure;

public sealed class AzureQueueStoreTests(SharedAzurite shared) : QueueStoreContract
{
    protected override async Task<IQueueStore> OpenAsync()
    {
        var azurite = await shared.StartedAsync();
        return new AzureQueueStore(StorageAccount.Parse(StorageService.Queues, azurite.ConnectionString), SharedAzurite.Options);
    }
}
