using Azure.Core;
using Azure.Identity;
using FunctionsApi.Storage;
using FunctionsApi.Storage.Azure;
using FunctionsApi.Storage.Sqlite;

namespace FunctionsApi.Settings;

/// <summary>The store that the settings name, for the server and for commands.</summary>
internal static class ConfiguredStore
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <param name="settings">Which.</param>
    /// <param name="urgentTables">Whose writes go before all others, where the store is one that writes them one after the other.</param>
    /// <exception cref="TableStoreException">It cannot be opened.</exception>
    public static async Task<ITableStore> OpenAsync(StorageOptions settings, params IReadOnlyCollection<string> urgentTables) => settings switch
    {
        { IsSqlite: true } => await SqliteTableStore.OpenAsync(settings.Path, new SqliteOptions { UrgentTables = urgentTables }),
        { TableServiceUri: { } address } => new AzureTableStore(StorageAccount.Of(StorageService.Tables, new(address), Identity())),
        _ => new AzureTableStore(settings.AccountOf(StorageService.Tables)!),
    };

    /// <summary>The queues: those of the account, or where there are none, in the store.</summary>
    public static IQueueStore OpenQueues(StorageOptions settings, ITableStore store, TimeProvider time) => settings switch
    {
        { ConnectionString: not null } => new AzureQueueStore(settings.AccountOf(StorageService.Queues)!),
        { QueueServiceUri: { } address } => new AzureQueueStore(StorageAccount.Of(StorageService.Queues, new(address), Identity())),
        _ => new TableQueue(store, time),
    };

    /// <summary>
    /// Waits until the store answers: right after a deployment the identity's role needs a minute to work, and a store may
    /// be starting too.
    /// </summary>
    /// <exception cref="TableStoreException">It does not, and waiting would not help or has not.</exception>
    public static async Task WaitAsync(ITableStore store, TimeProvider time, TextWriter error)
    {
        var began = time.GetTimestamp();
        for (var told = false; ; told = true)
        {
            try
            {
                await store.GetAsync("Meta", new("clock", ""), CancellationToken.None);
                return;
            }
            catch (TableStoreException exception) when (exception.MayPass && time.GetElapsedTime(began) < Patience)
            {
                if (!told)
                    await error.WriteLineAsync($"{exception.Message} Trying again for {Patience.TotalSeconds} s.");
                await Task.Delay(Pause, time);
            }
        }
    }

    // DefaultAzureCredential asks one source after the other, the slowest of which take seconds. Where Azure says that there
    // is a managed identity, nothing else is tried; elsewhere it may be a developer who is signed in.
    private static TokenCredential Identity()
    {
        if (Environment.GetEnvironmentVariable("IDENTITY_ENDPOINT") is null)
            return new DefaultAzureCredential();
        return new ManagedIdentityCredential(Environment.GetEnvironmentVariable("AZURE_CLIENT_ID") is { Length: > 0 } id
            ? ManagedIdentityId.FromUserAssignedClientId(id)
            : ManagedIdentityId.SystemAssigned);
    }
}
