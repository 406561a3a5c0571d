using FunctionsApi.Health;
using FunctionsApi.Settings;
using FunctionsApi.Storage;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Health;

public sealed class ClockTests
{
    private readonly InMemoryTableStore _store = new();

    [Fact]
    public async Task A_server_does_not_start_more_than_five_minutes_behind_the_store()
    {
        await UseAsync(TimeSpan.FromMinutes(10));
        (await Should.ThrowAsync<SettingsException>(() => TestHost.StartAsync(store: _store))).Message.ShouldBe(
            "This machine's clock says 2026-02-27 09:30:00Z, but the store was in use at 2026-02-27 09:40:00Z: starting now would sell "
            + "quota again that was used already. Set the clock right, or set Quotas__AcceptClockSetBack=true for one start if it is.");
    }

    [Fact]
    public async Task A_server_starts_a_little_behind_the_store_and_does_not_forget_the_later_time()
    {
        await UseAsync(TimeSpan.FromMinutes(5));
        await using var host = await TestHost.StartAsync(store: _store);
        (await SeenAsync()).ShouldBe(host.Time.GetUtcNow() + TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task A_clock_that_is_said_to_be_right_is_believed_from_then_on()
    {
        await UseAsync(TimeSpan.FromMinutes(10));
        await using (await TestHost.StartAsync(new() { ["Quotas:AcceptClockSetBack"] = "true" }, store: _store))
        {
        }

        await using var third = await TestHost.StartAsync(store: _store);
    }

    [Fact]
    public async Task A_running_server_keeps_writing_the_time()
    {
        await using var host = await TestHost.StartAsync(store: _store);
        var started = await SeenAsync();
        // Its timer may start a moment later than the server.
        while (await SeenAsync() == started)
        {
            host.Time.Advance(TimeSpan.FromSeconds(30));
            await Task.Yield();
        }
    }

    private async Task UseAsync(TimeSpan ahead)
    {
        var time = new ManualTime();
        time.Advance(ahead);
        await new Clock(_store, time).WriteAsync(accept: false, TestHost.Cancelled);
    }

    private async Task<DateTimeOffset?> SeenAsync() =>
        (await _store.GetAsync("Meta", new("clock", ""), TestHost.Cancelled))?.Values["At"] as DateTimeOffset?;
}
