using FunctionsApi.Storage;
using FunctionsApi.Storage.Azure;
using FunctionsApi.Storage.Sqlite;
using FunctionsApi.TestKit;
using Xunit;

namespace FunctionsApi.Tests.Agents;

/// <summary>By the queue in a store in memory.</summary>
public sealed class CrawlDeliveryInMemoryTests : CrawlDeliveryContract
{
    private protected override Task<(ITableStore Rows, WatchedQueue Queues)> OpenAsync()
    {
        var rows = new InMemoryTableStore();
        return Task.FromResult<(ITableStore, WatchedQueue)>((rows, new(new TableQueue(rows, new ManualTime()))));
    }
}

/// <summary>By the queue in a file.</summary>
public sealed class CrawlDeliveryOnSqliteTests : CrawlDeliveryContract, IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("functionsapi-");
    private readonly List<SqliteTableStore> _stores = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
            await store.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    private protected override async Task<(ITableStore Rows, WatchedQueue Queues)> OpenAsync()
    {
        var rows = await SqliteTableStore.OpenAsync(Path.Combine(_directory.FullName, $"{_stores.Count}.db"));
        _stores.Add(rows);
        return (rows, new(new TableQueue(rows, new ManualTime())));
    }
}

/// <summary>By Azure Queue Storage.</summary>
public sealed class CrawlDeliveryByAzureQueueTests : CrawlDeliveryContract, IAsyncLifetime
{
    private Azurite _azurite = null!;
    private AzureQueueStore _queues = null!;

    public async ValueTask InitializeAsync()
    {
        _azurite = await Azurite.StartAsync();
        _queues = new(StorageAccount.Parse(StorageService.Queues, _azurite.ConnectionString));
    }

    public async ValueTask DisposeAsync()
    {
        _queues.Dispose();
        await _azurite.DisposeAsync();
    }

    private protected override Task<(ITableStore Rows, WatchedQueue Queues)> OpenAsync() =>
        Task.FromResult<(ITableStore, WatchedQueue)>((new InMemoryTableStore(), new(_queues, $"t{Guid.NewGuid():N}"[..8] + "-")));
}
