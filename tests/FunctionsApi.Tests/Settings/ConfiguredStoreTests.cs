using FunctionsApi.Settings;
using FunctionsApi.Storage;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Settings;

/// <summary>What the server does at start where the store does not answer.</summary>
public sealed class ConfiguredStoreTests : IDisposable
{
    private static readonly TableStoreException Starting = new("It is not running.") { MayPass = true };
    private static readonly TableStoreException Wrong = new("It does not accept the key.");

    private readonly ManualTime _time = new();
    private readonly StringWriter _error = new();

    public void Dispose() => _error.Dispose();

    [Fact]
    public async Task A_store_that_answers_is_asked_once()
    {
        var store = new Failing([null]);

        await ConfiguredStore.WaitAsync(store, _time, _error);

        store.Asked.ShouldBe(1);
        _error.ToString().ShouldBeEmpty();
    }

    [Fact]
    public async Task What_waiting_does_not_help_with_ends_the_start_at_once()
    {
        var store = new Failing(Wrong, null);

        (await Should.ThrowAsync<TableStoreException>(() => ConfiguredStore.WaitAsync(store, _time, _error))).ShouldBe(Wrong);

        store.Asked.ShouldBe(1);
    }

    [Fact]
    public async Task A_store_that_is_starting_is_waited_for_and_that_is_told_once()
    {
        var store = new Failing(Starting, Starting, Starting, null);

        var waiting = ConfiguredStore.WaitAsync(store, _time, _error);
        for (var second = 0; second < 3; second++)
        {
            waiting.IsCompleted.ShouldBeFalse();
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await waiting;
        _error.ToString().ShouldBe($"It is not running. Trying again for 30 s.{Environment.NewLine}");
    }

    [Fact]
    public async Task One_that_does_not_start_ends_the_start_after_half_a_minute()
    {
        var store = new Failing([.. Enumerable.Repeat(Starting, 100)]);

        var waiting = ConfiguredStore.WaitAsync(store, _time, _error);
        _time.Advance(TimeSpan.FromSeconds(29));
        waiting.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(1));

        (await Should.ThrowAsync<TableStoreException>(() => waiting)).ShouldBe(Starting);
        store.Asked.ShouldBe(31);
    }

    /// <summary>Fails to read so often, in this way; null is success.</summary>
    private sealed class Failing(params TableStoreException?[] ends) : ITableStore
    {
        public int Asked { get; private set; }

        public Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken) =>
            ends[Asked++] is { } exception ? Task.FromException<TableRow?>(exception) : Task.FromResult<TableRow?>(null);

        public Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public IAsyncEnumerable<TableRow> QueryAsync(string table, TableQuery query, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<string>?> BatchAsync(
            string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
