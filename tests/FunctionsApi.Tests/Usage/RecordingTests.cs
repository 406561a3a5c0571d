using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;
using FunctionsApi.Usage;
using Xunit;

namespace FunctionsApi.Tests.Usage;

/// <summary>A recorder, and what it has written to its store.</summary>
public abstract class RecordingTests : IDisposable
{
    private protected static readonly Charge TwoPolicies = new(
        new([
            new() { Name = "requests-per-hour", Algorithm = Algorithm.FixedWindow, Limit = 5, Window = TimeSpan.FromHours(1) },
            new() { Name = "trial", Algorithm = Algorithm.FixedWindow, Limit = 1, Window = TimeSpan.FromHours(1), Shadow = true },
        ]),
        [new(0, 1), new(1, 1)]);

    private protected readonly ManualTime _time = new();
    private protected readonly FailingTableStore _store = new(new InMemoryTableStore());
    private protected readonly UsageTable _table;
    private protected readonly UsageRecorder _recorder;
    private protected readonly UsageCounter _search;

    private protected RecordingTests()
    {
        _table = new(_store);
        _recorder = new(_table, _time.GetUtcNow);
        _search = _recorder.Counter("acme", "k1", ApiKind.Agents, "search");
    }

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _recorder.Dispose();
    }

    private protected static Decision Decision(Outcome outcome, int binding = 0) =>
        new(TwoPolicies, Instant.FromUnixSeconds(0)) { Outcome = outcome, Binding = binding };

    private protected UsageTotals Remembered() =>
        RememberedRows().Aggregate(UsageTotals.Zero, (sum, row) => sum + row.Totals);

    private protected IReadOnlyList<UsageRow> RememberedRows() =>
        _recorder.Remembered("acme", _time.GetUtcNow().AddDays(-1), _time.GetUtcNow().AddDays(1));

    private protected async Task<List<UsageRow>> StoredAsync(string tenant = "acme")
    {
        var now = _time.GetUtcNow();
        return await _table.ReadAsync(tenant, now.AddDays(-1), now.AddDays(1), Cancel).ToListAsync(Cancel);
    }
}
