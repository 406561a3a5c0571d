using FunctionsApi.Agents;
using FunctionsApi.Ledgers;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Settings;
using FunctionsApi.Storage;
using FunctionsApi.Sweeps;
using FunctionsApi.Usage;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace FunctionsApi.Tests.Sweeps;

/// <summary>A store with counters, and sweeps of it.</summary>
public abstract class SweepTests : IDisposable
{
    private protected static readonly Policy Hourly = new()
    {
        Name = "requests-per-hour",
        Algorithm = Algorithm.FixedWindow,
        Limit = 100,
        Window = TimeSpan.FromHours(1),
    };

    private protected static readonly TimeSpan LongEnough = TimeSpan.FromHours(3);

    private protected readonly ManualTime _time = new();
    private protected readonly InMemoryTableStore _store = new();
    private protected readonly TenantTurns _turns = new();
    private protected readonly TableLedger _ledger;
    private protected long _lastOperation;

    private protected SweepTests() => _ledger = new(_store, _time);

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _ledger.Dispose();
        _turns.Dispose();
    }

    private protected Instant Now => Instant.From(_time.GetUtcNow());

    private protected Sweeper Sweeper(string? retainDays = null) => new(
        _store, Read(retainDays).Usage.Retention, new(), new(_store, _turns, new(), _time), _time);

    private protected static AppSettings Read(string? retainDays) =>
        AppSettings.Read(new ConfigurationBuilder().AddInMemoryCollection([new("Usage:RetainDays", retainDays)]).Build());

    private protected Task<SweepReport?> SweepAsync(string? retainDays = null) => Sweeper(retainDays).RunOnceAsync(Cancel);

    private protected async Task FillAsync(int partitions)
    {
        for (var i = 0; i < partitions; i++)
            await AcquireAsync($"key:{i:d4}");
        _time.Advance(LongEnough);
    }

    private protected Task<QuotaResult> AcquireAsync(string partition, int permits = 1) =>
        _ledger.ApplyAsync(partition, Operation(permits), Now, Cancel);

    private protected QuotaOperation Operation(int need, ulong instance = 1) =>
        new(new(instance), ++_lastOperation, 0, [new(Hourly) { Need = need }]);

    private protected static UsageRow Usage(DateTimeOffset at) =>
        new(new("acme", "k1", ApiKind.Inference, "infer"), at, "instance", UsageTotals.Zero with { Admitted = 1 });

    private protected async Task<List<string>> PartitionsAsync()
    {
        var partitions = new List<string>();
        await foreach (var row in _store.QueryAsync(TableLedger.Table, new(), Cancel))
            partitions.Add(row.Key.Partition);
        return partitions;
    }
}
