using FunctionsApi.Ledgers;
using FunctionsApi.Quotas.Tests;
using FunctionsApi.Storage;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Ledgers;

/// <summary>A clock in doubt asks the store until it tells the time, whatever becomes of a question.</summary>
public sealed class StoreClockTests : IDisposable
{
    private readonly OneThread _thread = new();
    private readonly ManualTime _time = new();
    private readonly Told _told;
    private readonly UnreliableStore _store;
    private readonly Lines _lines = new();

    public StoreClockTests()
    {
        _told = new(_time);
        _store = new(_time);
    }

    public void Dispose() => _thread.Dispose();

    [Fact]
    public async Task It_goes_on_asking_where_the_store_fails_unexpectedly_and_says_so_once()
    {
        await _thread.SwitchAsync();
        using var clock = InDoubt();
        for (var i = 0; i < 3; i++)
            await PassAsync(1);
        _store.Asked.Count.ShouldBe(4);
        _lines.All.Count(line => line.Contains("InvalidOperationException: It broke.")).ShouldBe(1);

        _store.Failure = null;
        _told.Tell();
        await PassAsync(1);
        clock.Clock.IsInDoubt.ShouldBeFalse();
        await PassAsync(10);
        _store.Asked.Count.ShouldBe(5);
    }

    [Fact]
    public async Task It_asks_nobody_any_more_once_the_process_stops()
    {
        await _thread.SwitchAsync();
        var clock = InDoubt();
        clock.Dispose();
        await PassAsync(10);
        _store.Asked.Count.ShouldBe(1);
        clock.Clock.IsInDoubt.ShouldBeTrue();
    }

    private async Task PassAsync(int seconds)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        await _thread.SettleAsync();
    }

    private StoreClock InDoubt()
    {
        _told.Tell();
        var clock = new StoreClock(_told, _store, _time, _lines);
        _store.Failure = new InvalidOperationException("It broke.");
        _time.Advance(TimeSpan.FromSeconds(1));
        _time.SetClock(TimeSpan.FromHours(1));
        clock.Clock.Synchronise();
        clock.Clock.IsInDoubt.ShouldBeTrue();
        _store.Asked.Count.ShouldBe(1);
        return clock;
    }

    private sealed class Told(TimeProvider time) : IStoreTime
    {
        public StoreTime? Time { get; private set; }

        public void Tell() => Time = new(time.GetUtcNow(), TimeSpan.Zero, time.GetTimestamp(), time.GetTimestamp());
    }

    private sealed class Lines : ILogger<StoreClock>
    {
        public List<string> All { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Add(formatter(state, exception));
    }
}
