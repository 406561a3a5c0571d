using FunctionsApi.Ledgers;
using FunctionsApi.Storage;
using FunctionsApi.Tests.Infer;
using FunctionsApi.Tests.Usage;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Ledgers;

/// <summary>Whether the task hub is there and somebody works on it is told at start, with the remedy, and again when it changes.</summary>
public sealed class HubWatchTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly InMemoryTableStore _tables = new();
    private readonly FailingTableStore _store;
    private readonly Logs _logs = new();
    private readonly ILoggerFactory _factory;
    private readonly HubWatch _watch;

    public HubWatchTests()
    {
        _store = new(_tables);
        _factory = LoggerFactory.Create(logging => logging.AddProvider(_logs));
        _watch = new(new(_store, "Hub"), new ScriptedHub(_time), _time, _factory.CreateLogger<HubWatch>());
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _watch.Dispose();
        _factory.Dispose();
        _logs.Dispose();
    }

    [Fact]
    public async Task A_hub_that_is_missing_then_unattended_and_then_well_is_told_each_time_and_once()
    {
        await _watch.StartAsync(Cancel);
        await LookAsync(HubState.Missing);
        await OwnAsync("queue-00", null);
        await OwnAsync("queue-01", _time.GetUtcNow() + TimeSpan.FromHours(1));
        await LookAsync(HubState.Unattended);
        await OwnAsync("queue-00", _time.GetUtcNow() + TimeSpan.FromHours(1));
        await LookAsync(HubState.Well);
        _store.Fails = true;
        await LookAsync(HubState.Unreadable);

        var told = _logs.Lines.ToList();
        told.Count.ShouldBe(4);
        told[0].ShouldStartWith("Error The account has no task hub 'Hub'");
        told[1].ShouldStartWith("Warning Nobody works on 1 of the 2 control queues of the task hub 'Hub'");
        told[1].ShouldContain("DURABLE_ALWAYS_READY_INSTANCES");
        told[2].ShouldStartWith("Information All control queues");
        told[3].ShouldStartWith("Error The task hub 'Hub' cannot be read.");
        told[3].ShouldContain("Storage Table Data Contributor");
    }

    [Fact]
    public async Task A_hub_that_is_well_from_the_start_is_not_worth_a_line()
    {
        await OwnAsync("queue-00", _time.GetUtcNow() + TimeSpan.FromHours(1));
        await _watch.StartAsync(Cancel);
        await LookAsync(HubState.Well);
        _logs.Lines.ShouldBeEmpty();
    }

    private async Task LookAsync(HubState expected)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        while (_watch.State != expected && await timer.WaitForNextTickAsync(Cancel))
            _time.Advance(TimeSpan.FromSeconds(1));
        _watch.State.ShouldBe(expected);
    }

    private Task<string?> OwnAsync(string queue, DateTimeOffset? until) => _tables.PutAsync(
        "HubPartitions",
        new(new("", queue), until is { } time
            ? new Dictionary<string, object> { ["CurrentOwner"] = "host", ["ExpiresAt"] = time }
            : new Dictionary<string, object> { ["IsDraining"] = false }, PutCondition.None),
        Cancel);
}
