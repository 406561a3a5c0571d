using FunctionsApi.Ledgers;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Ledgers;

/// <summary>What the ledger asks of its store, and what it makes of the answers.</summary>
public sealed class TableLedgerOperationsTests : IDisposable
{
    private static readonly Policy Hourly = new()
    {
        Name = "requests-per-hour",
        Algorithm = Algorithm.FixedWindow,
        Limit = 100,
        Window = TimeSpan.FromHours(1),
    };

    private readonly ManualTime _time = new();
    private readonly UnreliableStore _store;
    private readonly TableLedger _ledger;
    private long _lastOperation;

    public TableLedgerOperationsTests()
    {
        _store = new(_time);
        _ledger = new(_store, _time, random: new Longest());
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Instant Now => Instant.From(_time.GetUtcNow());

    public void Dispose() => _ledger.Dispose();

    [Fact]
    public async Task The_first_operation_of_a_partition_costs_a_read_and_a_write_and_the_next_ones_a_write()
    {
        await ApplyAsync(Operation(1));
        _store.Operations.ShouldBe(["get key:k1", "put key:k1"]);
        _store.Asked.Clear();

        await ApplyAsync(Operation(1));
        _store.Operations.ShouldBe(["put key:k1"]);
    }

    [Fact]
    public async Task The_first_request_of_a_partition_that_another_instance_knows_costs_two_operations()
    {
        await ApplyAsync(Operation(1));
        using var restarted = new TableLedger(_store, _time);
        await using var limiter = new QuotaLimiter(restarted, new(), _time);
        _store.Asked.Clear();

        var charge = new Charge(new([Hourly]), [new(0, 1)]);
        (await limiter.AcquireAsync("key:k1", charge, Cancel)).Outcome.ShouldBe(Outcome.Admitted);
        _store.Operations.ShouldBe(["get key:k1", "put key:k1"]);
    }

    [Fact]
    public async Task A_row_that_another_instance_changed_is_read_again_at_once()
    {
        await ApplyAsync(Operation(60));
        using var other = new TableLedger(_store, _time);
        await other.ApplyAsync("key:k1", Operation(30, instance: 2), Now, Cancel);
        _store.Asked.Clear();

        (await ApplyAsync(Operation(60))).Policies[0].Granted.ShouldBe(10);
        _store.Operations.ShouldBe(["put key:k1", "get key:k1", "put key:k1"]);
    }

    [Fact]
    public async Task Conflicts_are_tried_again_at_once_and_then_after_pauses_that_grow()
    {
        _store.Conflicts = 9;
        await FinishAsync(ApplyAsync(Operation(1)));

        var puts = _store.Asked.Where(asked => asked.Operation == "put key:k1").Select(asked => asked.At).ToArray();
        puts.Zip(puts.Skip(1), (first, second) => Math.Round((second - first).TotalMilliseconds))
            .ShouldBe([0, 5, 10, 20, 40, 80, 160, 200, 200]);
    }

    [Theory]
    [InlineData(0.05)]
    [InlineData(60)]
    public async Task Who_never_gets_to_write_is_told_so_and_not_that_the_store_is_away(double patience)
    {
        _store.Conflicts = int.MaxValue;
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(patience), _time);

        await Should.ThrowAsync<LedgerContendedException>(
            FinishAsync(_ledger.ApplyAsync("key:k1", Operation(1), Now, timeout.Token)));
        _store.Asked.Count.ShouldBeLessThan(40);
    }

    [Fact]
    public async Task Asking_for_what_is_not_there_writes_nothing_and_sees_what_others_wrote_since()
    {
        await ApplyAsync(Operation(100));
        _store.Asked.Clear();
        var refused = new QuotaOperation(new(7), 1, 0, [new(Hourly) { Need = 1 }]);
        (await ApplyAsync(refused)).Policies[0].Granted.ShouldBe(0);
        (await ApplyAsync(refused with { Id = 2 })).Policies[0].Granted.ShouldBe(0);
        _store.Operations.ShouldBe(["get key:k1", "get key:k1"]);
    }

    [Fact]
    public async Task An_operation_whose_answer_got_lost_is_answered_alike_and_not_applied_again()
    {
        await ApplyAsync(Operation(10));
        var operation = Operation(30);
        _store.LostAnswers = 1;
        await Should.ThrowAsync<LedgerUnavailableException>(ApplyAsync(operation));

        var again = await ApplyAsync(operation);
        again.Policies[0].Granted.ShouldBe(30);
        again.Policies[0].Used.ShouldBe(40);
        (await ApplyAsync(operation)).Policies[0].Used.ShouldBe(40);
    }

    [Fact]
    public async Task An_operation_that_was_never_answered_is_recognised_after_others_wrote_too()
    {
        var operation = Operation(30);
        _store.HangingAnswers = 1;
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(2), _time);
        await Should.ThrowAsync<OperationCanceledException>(
            FinishAsync(_ledger.ApplyAsync("key:k1", operation, Now, timeout.Token)));
        using var other = new TableLedger(_store, _time);
        await other.ApplyAsync("key:k1", Operation(50, instance: 2), Now, Cancel);

        (await ApplyAsync(operation)).Policies[0].Granted.ShouldBe(30);
        (await ApplyAsync(Operation(100))).Policies[0].Granted.ShouldBe(20);
    }

    [Fact]
    public async Task A_remembered_row_that_was_deleted_is_noticed_and_made_anew()
    {
        await ApplyAsync(Operation(60));
        await _store.DeleteAsync(TableLedger.Table, new("key:k1", ""), null, Cancel);
        using var other = new TableLedger(_store, _time);
        await other.ApplyAsync("key:k1", Operation(70, instance: 2), Now, Cancel);

        (await ApplyAsync(Operation(60))).Policies[0].Granted.ShouldBe(30);
    }

    [Fact]
    public async Task A_remembered_row_that_is_gone_is_written_as_a_new_one()
    {
        await ApplyAsync(Operation(60));
        await _store.DeleteAsync(TableLedger.Table, new("key:k1", ""), null, Cancel);
        _store.Asked.Clear();

        (await ApplyAsync(Operation(60))).Policies[0].Used.ShouldBe(60);
        _store.Operations.ShouldBe(["put key:k1", "get key:k1", "put key:k1"]);
    }

    [Fact]
    public async Task An_entity_of_five_thousand_instances_takes_several_columns()
    {
        var entity = QuotaEntity.Empty with
        {
            LastTime = Now,
            Instances = [.. Enumerable.Range(1, 5_000).Select(i => new InstanceMark(new((ulong)i << 32), 1_000_000, Now, [100, 100, 1, 1]))],
        };
        var state = QuotaEntityCodec.Encode(entity);
        state.Length.ShouldBeGreaterThan(64 * 1024);
        await _store.PutAsync(TableLedger.Table, new(new("key:k1", ""), EntityColumns.Write(state)!, PutCondition.None), Cancel);

        await ApplyAsync(Operation(7));
        var read = await _ledger.ReadAsync("key:k1", Cancel);
        read!.Entity.Instances.Length.ShouldBe(5_001);
        read.Bytes.ShouldBeInRange(state.Length, state.Length + 100);
    }

    [Fact]
    public async Task However_many_look_at_once_only_some_of_them_ask_the_store()
    {
        _store.Gate = new();
        var looks = Enumerable.Range(0, 500).Select(i => _ledger.PeekAsync($"key:k{i}", Operation(0), Now, Cancel)).ToArray();
        _store.MostReading.ShouldBe(32);

        _store.Gate.SetResult();
        await Task.WhenAll(looks);
        _store.MostReading.ShouldBe(32);
    }

    private Task<QuotaResult> ApplyAsync(QuotaOperation operation) => _ledger.ApplyAsync("key:k1", operation, Now, Cancel);

    private QuotaOperation Operation(int need, ulong instance = 1) =>
        new(new(instance), ++_lastOperation, 0, [new(Hourly) { Need = need }]);

    private async Task<T> FinishAsync<T>(Task<T> running)
    {
        while (!running.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            await Task.Yield();
        }
        return await running;
    }

    /// <summary>Every pause is as long as it may be.</summary>
    private sealed class Longest : Random
    {
        public override double NextDouble() => 1;
    }
}
