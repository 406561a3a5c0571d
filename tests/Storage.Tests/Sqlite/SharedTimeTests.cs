using FunctionsApi.Storage.Sqlite;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Sqlite;

/// <summary>The time that processes on one file have in common; each store here stands for a process.</summary>
public sealed class SharedTimeTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 2, 27, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly TemporaryDirectory _directory = new();
    private TimeSpan _uptime = Hour;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("one")]
    [InlineData(null)]
    public async Task Stores_on_one_file_agree_although_their_clocks_do_not(string? boot)
    {
        await using var one = await OpenAsync(Noon, boot);
        await using var two = await OpenAsync(Noon + Minute, boot);

        _uptime += Minute;

        Exact(one).ShouldBe(Noon + Minute);
        Exact(two).ShouldBe(Noon + Minute);
    }

    [Theory]
    [InlineData("one")]
    [InlineData(null)]
    public async Task The_anchor_outlives_those_who_made_it(string? boot)
    {
        await (await OpenAsync(Noon, boot)).DisposeAsync();
        _uptime += Hour;

        await using var later = await OpenAsync(Noon + Hour + Minute, boot);

        Exact(later).ShouldBe(Noon + Hour);
    }

    [Theory]
    [InlineData("one", "two")]
    [InlineData(null, null)]
    public async Task After_a_start_of_the_machine_the_anchor_is_made_anew(string? before, string? after)
    {
        await (await OpenAsync(Noon, before)).DisposeAsync();
        _uptime = Minute;

        await using var one = await OpenAsync(Noon + Hour, after);
        await using var two = await OpenAsync(Noon + Hour + Minute, after);

        Exact(one).ShouldBe(Noon + Hour);
        Exact(two).ShouldBe(Noon + Hour);
    }

    [Fact]
    public async Task It_is_never_before_what_was_seen_before_the_machine_was_started_again()
    {
        await using (var store = await OpenAsync(Noon, "one"))
        {
            _uptime += Hour;
            await store.PutAsync("rows", Rows.Of("p", "r", 1L), Cancellation);
            _uptime += Hour;
        }

        _uptime = Minute;
        await using var behind = await OpenAsync(Noon - Hour, "two");
        _uptime += Minute;

        Exact(behind).ShouldBe(Noon + Hour + Minute);
    }

    [Fact]
    public async Task A_clock_that_is_set_while_the_store_is_open_changes_nothing()
    {
        var clock = new FakeTimeProvider(Noon);
        await using var store = await OpenAsync(clock, "one");

        clock.AdjustTime(Noon + Hour);

        Exact(store).ShouldBe(Noon);
    }

    [Fact]
    public async Task It_is_said_with_the_timestamps_between_which_it_was_read()
    {
        await using var store = await SqliteTableStore.OpenAsync(_directory.Database, Cancellation);
        var before = TimeProvider.System.GetTimestamp();

        var time = ((IStoreTime)store).Time.ShouldNotBeNull();

        time.Resolution.ShouldBe(TimeSpan.Zero);
        time.Asked.ShouldBeInRange(before, time.Answered);
        time.Answered.ShouldBeLessThanOrEqualTo(TimeProvider.System.GetTimestamp());
    }

    [Fact(Timeout = 60_000)]
    public async Task Another_process_agrees()
    {
        await using var store = await OpenAsync(new FakeTimeProvider(Noon), Machine.This);
        using var other = OtherProcess.Start("time", _directory.Database);
        var before = store.Time.At;

        var said = new DateTimeOffset(long.Parse((await other.StandardOutput.ReadLineAsync(Cancellation))!), TimeSpan.Zero);

        // Its clock is the machine's and not at noon of that day; what it said lies between two looks of this process.
        said.ShouldBeInRange(before, store.Time.At);
    }

    [Fact]
    public async Task The_uptime_of_this_machine_never_runs_backwards()
    {
        var first = Machine.This.Uptime();
        await Task.Yield();

        first.ShouldBeGreaterThan(TimeSpan.Zero);
        Machine.This.Uptime().ShouldBeGreaterThanOrEqualTo(first);
        if (OperatingSystem.IsLinux())
            Machine.This.Boot.ShouldNotBeNullOrEmpty();
    }

    private static DateTimeOffset Exact(SqliteTableStore store)
    {
        store.Time.Resolution.ShouldBe(TimeSpan.Zero);
        return store.Time.At;
    }

    private Task<SqliteTableStore> OpenAsync(DateTimeOffset now, string? boot) => OpenAsync(new FakeTimeProvider(now), boot);

    private Task<SqliteTableStore> OpenAsync(FakeTimeProvider clock, string? boot) => OpenAsync(clock, new Machine(boot, () => _uptime));

    private Task<SqliteTableStore> OpenAsync(FakeTimeProvider clock, Machine machine) =>
        SqliteTableStore.OpenAsync(_directory.Database, new SqliteOptions { Time = clock, Machine = machine }, Cancellation);
}
