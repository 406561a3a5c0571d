using FunctionsApi.Storage.Sqlite;
using FunctionsApi.Storage.Tests.Contract;
using FunctionsApi.Storage.Tests.Sqlite;

namespace FunctionsApi.Storage.Tests;

/// <summary>On a store in memory.</summary>
public sealed class TableQueueInMemoryTests : QueueStoreContract
{
    private readonly SecondsByHand _time = new();

    protected override void Pass() => _time.Advance();

    protected override Task<IQueueStore> OpenAsync() => Task.FromResult<IQueueStore>(new TableQueue(new InMemoryTableStore(), _time));
}

/// <summary>On a file.</summary>
public sealed class TableQueueOnSqliteTests : QueueStoreContract
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SecondsByHand _time = new();
    private SqliteTableStore _store = null!;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _store.DisposeAsync();
        _directory.Dispose();
    }

    protected override void Pass() => _time.Advance();

    protected override async Task<IQueueStore> OpenAsync() =>
        new TableQueue(_store = await SqliteTableStore.OpenAsync(_directory.File("queue.db")), _time);
}

/// <summary>A clock that a test moves by 2 s at a time.</summary>
internal sealed class SecondsByHand : TimeProvider
{
    private DateTimeOffset _now = new(2026, 2, 27, 9, 30, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => _now;

    public void Advance() => _now += TimeSpan.FromSeconds(2);
}
