using FunctionsApi.Ledgers;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Quotas.Tests;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Ledgers;

/// <summary>What the ledger sends to entities, and what it makes of what it sees of them.</summary>
public sealed class DurableLedgerOperationsTests : IDisposable
{
    private const string Key = "key:k1";

    private static readonly Policy Hourly = new()
    {
        Name = "requests-per-hour",
        Algorithm = Algorithm.FixedWindow,
        Limit = 100,
        Window = TimeSpan.FromHours(1),
    };

    private readonly ManualTime _time = new();
    private readonly ScriptedHub _hub;
    private readonly EntityRuns _runs = new();
    private readonly OneThread _thread = new();
    private readonly DurableLedger _ledger;
    private long _lastOperation;

    public DurableLedgerOperationsTests()
    {
        _hub = new(_time);
        _ledger = new(_hub, _runs, _time);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Instant Now => Instant.From(_time.GetUtcNow());

    public void Dispose()
    {
        _ledger.Dispose();
        _thread.Dispose();
    }

    [Fact]
    public async Task An_operation_is_sent_once_and_looked_for_after_20_ms()
    {
        await _thread.SwitchAsync();
        var answer = Apply(Operation(30));
        (_hub.Sent.Count, _hub.Reads).ShouldBe((1, 1));

        await PassAsync(19);
        answer.IsCompleted.ShouldBeFalse();
        await PassAsync(1);
        (await answer).Policies[0].Granted.ShouldBe(30);
        (_hub.Sent.Count, _hub.Reads).ShouldBe((1, 2));
    }

    [Fact]
    public async Task An_operation_that_reports_something_is_sent_without_a_look_before()
    {
        await _thread.SwitchAsync();
        await SettledAsync(Operation(30));
        var (sent, reads) = (_hub.Sent.Count, _hub.Reads);

        await SettledAsync(new(new(1), ++_lastOperation, 0, [new(Hourly) { Returned = 10, WindowEnd = Hourly.WindowEnd(Now) }]));
        (_hub.Sent.Count, _hub.Reads, Used()).ShouldBe((sent + 1, reads + 1, 20));
    }

    [Fact]
    public async Task An_operation_that_changes_nothing_costs_one_look()
    {
        await _thread.SwitchAsync();
        await SettledAsync(Operation(100));
        var (sent, reads) = (_hub.Sent.Count, _hub.Reads);

        (await Apply(Operation(1, instance: 2))).Policies[0].Granted.ShouldBe(0);
        (_hub.Sent.Count, _hub.Reads).ShouldBe((sent, reads + 1));
    }

    [Fact]
    public async Task A_hub_that_does_not_answer_a_look_within_5_s_fails_the_operation()
    {
        await _thread.SwitchAsync();
        _hub.Hangs = true;
        var answer = Apply(Operation(30));
        await PassAsync(4_999);
        answer.IsCompleted.ShouldBeFalse();
        await PassAsync(1);
        (await Should.ThrowAsync<LedgerUnavailableException>(() => answer)).Message.ShouldBe("The task hub does not answer within 5 s.");
    }

    [Fact]
    public async Task An_entity_that_runs_after_40_s_still_answers()
    {
        await _thread.SwitchAsync();
        _hub.Delivers = false;
        var answer = Apply(Operation(30));
        for (var second = 0; second < 41; second++)
        {
            answer.IsCompleted.ShouldBeFalse();
            if (second == 40)
                _hub.Deliver(0);
            _time.Advance(TimeSpan.FromSeconds(1));
            await _thread.SettleAsync();
        }
        (await answer).Policies[0].Granted.ShouldBe(30);
    }

    [Fact]
    public async Task Looks_come_after_20_40_80_160_and_then_every_250_ms()
    {
        await _thread.SwitchAsync();
        _hub.Delivers = false;
        _ = Apply(Operation(1));
        foreach (var pause in (int[])[20, 40, 80, 160, 250, 250])
        {
            var reads = _hub.Reads;
            await PassAsync(pause - 1);
            _hub.Reads.ShouldBe(reads);
            await PassAsync(1);
            _hub.Reads.ShouldBe(reads + 1);
        }
    }

    [Fact]
    public async Task An_entity_that_runs_here_is_looked_at_as_soon_as_it_may_be_committed()
    {
        await _thread.SwitchAsync();
        _hub.Delivers = false;
        var answer = Apply(Operation(30));
        await PassAsync(25);
        _hub.Deliver(0);
        _runs.Ran(Key);
        await _thread.SettleAsync();
        await PassAsync(20);
        (await answer).Policies[0].Granted.ShouldBe(30);

        // From then on it waits to be told, and spends no look before.
        var reads = _hub.Reads;
        answer = Apply(Operation(1));
        await PassAsync(90);
        _hub.Reads.ShouldBe(reads + 1);
        _hub.Deliver(1);
        _runs.Ran(Key);
        await _thread.SettleAsync();
        await PassAsync(20);
        await answer;
        _hub.Reads.ShouldBe(reads + 2);
    }

    [Fact]
    public async Task What_nobody_answers_is_sent_again_with_the_same_id_and_applied_once()
    {
        await _thread.SwitchAsync();
        _hub.Delivers = false;
        var answer = Apply(Operation(30));
        await PassAsync(2_300);
        _hub.Sent.Count.ShouldBe(2);
        _hub.Sent[1].ShouldBe(_hub.Sent[0]);

        _hub.Deliver(1);
        _hub.Deliver(0);
        _hub.Deliver(1);
        await PassAsync(1_000);
        (await answer).Policies[0].Granted.ShouldBe(30);
        (await _ledger.PeekAsync(Key, Operation(0), Now, Cancel)).Policies[0].Used.ShouldBe(30);
    }

    [Fact]
    public async Task A_signal_that_comes_after_its_operation_was_given_up_is_overtaken_by_the_next()
    {
        await _thread.SwitchAsync();
        await SettledAsync(Operation(100, instance: 2));
        _hub.Commit(Key, null);
        _hub.Delivers = false;
        using var patience = new CancellationTokenSource();
        var givenUp = _ledger.ApplyAsync(Key, Operation(30), Now, patience.Token);
        await patience.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(givenUp);

        // Others take everything; what is committed has nothing left, but the first signal is still on its way.
        _hub.Deliver(0);
        var next = Apply(Operation(1));
        _hub.Sent.Count.ShouldBe(3);
        _hub.Deliver(2);
        await PassAsync(1_000);
        (await next).Policies[0].Granted.ShouldBe(0);

        _hub.Deliver(1);
        Used().ShouldBe(100);
        // Now that it stands, looks are answers again.
        (await Apply(Operation(1))).Policies[0].Granted.ShouldBe(0);
        _hub.Sent.Count.ShouldBe(3);
    }

    [Fact]
    public async Task An_operation_that_is_repeated_finds_out_what_became_of_its_signal()
    {
        await _thread.SwitchAsync();
        _hub.Delivers = false;
        var operation = Operation(30);
        using var patience = new CancellationTokenSource();
        var first = _ledger.ApplyAsync(Key, operation, Now, patience.Token);
        await patience.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(first);

        _hub.Deliver(0);
        (await Apply(operation)).Policies[0].Granted.ShouldBe(30);
        _hub.Sent.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("q1.CQkJ", "The quota entity has format version 9")]
    [InlineData("q9.AgAA", "It is no quota entity that this program knows.")]
    [InlineData("q1.A?A", "It is damaged.")]
    [InlineData("q1b.AAAA", "The quota entity is damaged.")]
    [InlineData("", "It is no quota entity that this program knows.")]
    public async Task Counters_that_cannot_be_read_are_told_with_the_remedy_and_nobody_else_notices(string text, string reason)
    {
        await _thread.SwitchAsync();
        _hub.Commit(Key, text);

        var e = await Should.ThrowAsync<EntityUnreadableException>(Apply(Operation(1)));
        e.Message.ShouldStartWith($"The counters of '{Key}' cannot be read: {reason}");
        e.Message.ShouldEndWith($"'quotas reset {Key}' starts them anew.");
        _hub.Sent.ShouldBeEmpty();
        (await SettledAsync(Operation(1), "key:k2")).Policies[0].Granted.ShouldBe(1);
    }

    [Fact]
    public async Task A_look_at_a_hub_that_fails_says_why()
    {
        await _thread.SwitchAsync();
        _hub.Failure = new LedgerUnavailableException("It is away.");

        (await Should.ThrowAsync<LedgerUnavailableException>(Apply(Operation(1)))).Message.ShouldBe("It is away.");
    }

    [Fact]
    public async Task An_operation_that_does_not_stand_while_the_hub_answers_is_slow_and_its_ledger_not_away()
    {
        await _thread.SwitchAsync();
        _hub.Delivers = false;
        var answer = Apply(Operation(1));
        await PassAsync(49_900);
        answer.IsCompleted.ShouldBeFalse();
        await PassAsync(1_500);
        await Should.ThrowAsync<LedgerSlowException>(answer);
    }

    [Fact]
    public async Task A_signal_that_failed_is_sent_again_at_once_when_its_operation_is_repeated()
    {
        await _thread.SwitchAsync();
        (_hub.Delivers, _hub.SignalFailure) = (false, new LedgerUnavailableException("It is away."));
        var operation = Operation(30);
        await Should.ThrowAsync<LedgerUnavailableException>(Apply(operation));

        (_hub.Delivers, _hub.SignalFailure) = (true, null);
        var answer = Apply(operation);
        _hub.Sent.Count.ShouldBe(2);
        await PassAsync(20);
        (await answer).Policies[0].Granted.ShouldBe(30);
    }

    private int Used() => EntityText.Read(_hub.Committed(Key)!).Peek(Operation(0), Now).Policies[0].Used;

    private Task<QuotaResult> Apply(QuotaOperation operation) => _ledger.ApplyAsync(Key, operation, Now, Cancel);

    private async Task<QuotaResult> SettledAsync(QuotaOperation operation, string partition = Key)
    {
        var answer = _ledger.ApplyAsync(partition, operation, Now, Cancel);
        await PassAsync(20);
        return await answer;
    }

    // Millisecond by millisecond, so that what a pause leads to is planned before the next one ends.
    private async Task PassAsync(int milliseconds)
    {
        for (; milliseconds > 0; milliseconds--)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            await _thread.SettleAsync();
        }
    }

    private QuotaOperation Operation(int need, ulong instance = 1) =>
        new(new(instance), ++_lastOperation, 0, [new(Hourly) { Need = need }]);
}
