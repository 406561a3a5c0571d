using FunctionsApi.Ledgers;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Tests.Limiting;
using FunctionsApi.Storage;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Ledgers;

public sealed class TableLedgerTests : LedgerContract, IDisposable
{
    private static readonly Instant Now = Instant.From(new(2026, 3, 1, 14, 0, 0, TimeSpan.Zero));

    private readonly InMemoryTableStore _store = new();
    private readonly TableLedger _ledger;

    public TableLedgerTests() => _ledger = new(_store, TimeProvider.System);

    protected override ILedger Ledger => _ledger;

    public void Dispose() => _ledger.Dispose();

    [Fact]
    public async Task Another_ledger_on_the_same_store_goes_on_where_the_first_was()
    {
        await _ledger.ApplyAsync("key:k1", Operation(60), Now, Cancellation);
        using var other = new TableLedger(_store, TimeProvider.System);

        (await other.ApplyAsync("key:k1", Operation(60, instance: 2), Now, Cancellation)).Policies[0].Granted.ShouldBe(40);
        (await _ledger.ApplyAsync("key:k1", Operation(60), Now, Cancellation)).Policies[0].Granted.ShouldBe(0);
    }

    [Fact]
    public async Task Counters_that_cannot_be_read_are_told_with_the_remedy()
    {
        await PutStateAsync([9, 9, 9]);

        var e = await Should.ThrowAsync<EntityUnreadableException>(_ledger.ApplyAsync("key:k1", Operation(1), Now, Cancellation));
        e.Message.ShouldBe(
            "The counters of 'key:k1' cannot be read: The quota entity has format version 9; this program knows version 4. "
            + "Upgrade it. 'quotas reset key:k1' starts them anew.");
    }

    [Fact]
    public async Task A_reset_starts_counts_anew_even_those_that_cannot_be_read()
    {
        await _ledger.ApplyAsync("key:k1", Operation(60), Now, Cancellation);
        await _ledger.ResetAsync("key:k1", Cancellation);
        (await _ledger.PeekAsync("key:k1", Operation(0), Now, Cancellation)).Policies[0].Used.ShouldBe(0);

        await PutStateAsync([9, 9, 9]);
        await _ledger.ResetAsync("key:k1", Cancellation);
        using var other = new TableLedger(_store, TimeProvider.System);
        (await other.PeekAsync("key:k1", Operation(0), Now, Cancellation)).Policies[0].Used.ShouldBe(0);
    }

    private Task<string?> PutStateAsync(byte[] state) => _store.PutAsync(
        TableLedger.Table,
        new(new("key:k1", ""), new Dictionary<string, object> { ["state"] = state }, PutCondition.None),
        Cancellation);
}
