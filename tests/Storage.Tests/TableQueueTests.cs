using FunctionsApi.Storage.Sqlite;
using FunctionsApi.Storage.Tests.Contract;
using FunctionsApi.Storage.Tests.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace FunctionsApi.Storage.Tests;

/// <summary>On a store in memory.</summary>
public sealed class TableQueueInMemoryTests : QueueStoreContract
{
    private readonly FakeTimeProvider _time = new();

    protected override void Pass() => _time.Advance(TimeSpan.FromSeconds(2));

    protected override Task<IQueueStore> OpenAsync() => Task.FromResult<IQueueStore>(new TableQueue(new InMemoryTableStore(), _time));
}

/// <summary>On a file.</summary>
public sealed class TableQueueOnSqliteTests : QueueStoreContract
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _time = new();
    private SqliteTableStore _store = null!;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _store.DisposeAsync();
        _directory.Dispose();
    }

    protected override void Pass() => _time.Advance(TimeSpan.FromSeconds(2));

    protected override async Task<IQueueStore> OpenAsync() =>
        new TableQueue(_store = await SqliteTableStore.OpenAsync(_directory.File("queue.db")), _time);
}
