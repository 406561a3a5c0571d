using System.Collections.Concurrent;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Simulator.Tests.Invariants;
using FunctionsApi.Storage;
using Xunit;

namespace FunctionsApi.Simulator.Tests;

/// <summary>That the promises are checked is shown by breaking what keeps them: each of these has to be noticed, and by which check.</summary>
public sealed class MutationTests
{
    private const int Seeds = 3000;

    // It says that it counts what it has granted: a limiter forfeits what is counted nowhere.
    private static Saboteur OneTooMany { get; } = new Changed
    {
        Answer = result => Each(result, policy => policy.Granted > 0 ? policy with { Granted = policy.Granted + 1, Used = policy.Used + 1 } : policy),
    };

    private static Saboteur NeverLapsing { get; } = new Changed { Asked = operation => Each(operation, part => part with { LeaseFor = TimeSpan.FromHours(3) }) };

    [Fact]
    public void A_ledger_that_grants_one_too_many_is_found_out() =>
        FoundOutBy<BooksAreRight>(OneTooMany);

    [Fact]
    public void A_ledger_that_lets_a_sliding_window_grant_one_too_many_is_found_out() =>
        FoundOutBy<SlidingWindowsSellTheirLimit>(OneTooMany);

    [Fact]
    public void A_ledger_that_lets_a_fixed_window_grant_one_too_many_is_found_out() =>
        FoundOutBy<FixedWindowsSellTheirLimit>(OneTooMany);

    [Fact]
    public void A_ledger_that_lets_too_many_requests_be_in_flight_is_found_out() =>
        FoundOutBy<RequestsInFlightAreCovered>(OneTooMany);

    [Fact]
    public void Entities_that_let_a_fixed_window_grant_one_too_many_are_found_out() =>
        FoundOutBy<FixedWindowsSellTheirLimit>(OneTooMany, ScenarioDraw.OnEntities);

    [Fact]
    public void Entities_that_let_a_sliding_window_grant_one_too_many_are_found_out() =>
        FoundOutBy<SlidingWindowsSellTheirLimit>(OneTooMany, ScenarioDraw.OnEntities);

    [Fact]
    public void Entities_that_let_too_many_requests_be_in_flight_are_found_out() =>
        FoundOutBy<RequestsInFlightAreCovered>(OneTooMany, ScenarioDraw.OnEntities);

    [Fact]
    public void Entities_whose_leases_never_lapse_are_found_out() => FoundOutBy<WholeLimitsComeBack>(NeverLapsing, ScenarioDraw.OnEntities);

    [Fact]
    public void A_ledger_that_admits_while_a_partition_of_the_hub_moves_is_found_out() =>
        FoundOutBy<FixedWindowsSellTheirLimit>(OneTooMany, ScenarioDraw.OnMovingEntities);

    [Fact]
    public void A_ledger_that_applies_a_repeated_operation_again_is_found_out()
    {
        var id = 0L;
        FoundOutBy<BooksAreRight>(new Changed { Asked = operation => operation with { Id = Interlocked.Increment(ref id) } });
    }

    [Fact]
    public void A_ledger_that_forgets_what_is_given_back_is_found_out() =>
        FoundOutBy<BooksAreRight>(new Changed { Asked = operation => Each(operation, part => part with { Returned = 0 }) });

    [Fact]
    public void A_ledger_that_is_told_of_more_given_back_than_there_was_is_found_out() =>
        FoundOutBy<FixedWindowsSellTheirLimit>(new Changed { Asked = operation => Each(operation, part => part with { Returned = 2 * part.Returned }) });

    [Fact]
    public void A_ledger_that_never_hears_of_overdrafts_is_found_out() =>
        FoundOutBy<BooksAreRight>(new Changed { Asked = operation => Each(operation, part => part with { Overdrawn = [] }) });

    [Fact]
    public void Leases_that_never_lapse_are_found_out() =>
        FoundOutBy<WholeLimitsComeBack>(NeverLapsing);

    [Fact]
    public void Leases_that_are_spent_for_too_long_are_found_out() =>
        FoundOutBy<SlidingWindowsSellTheirLimit>(new Changed { Answer = result => Each(result, policy => policy with { LeaseFor = policy.LeaseFor + TimeSpan.FromMinutes(1) }) });

    [Fact]
    public void A_store_that_writes_whatever_stands_there_is_found_out() => FoundOutBy<BooksAreRight>(new CarelessStore());

    [Fact]
    public void A_retry_after_that_is_too_short_is_found_out() =>
        FoundOutBy<PatienceIsRewarded>(new Changed
        {
            Answer = result => Each(result, policy => policy with
            {
                Releases = [.. policy.Releases.Select(release => release with { At = release.At - TimeSpan.FromSeconds(3) })],
            }),
        });

    [Fact]
    public void A_remainder_that_flatters_is_found_out() =>
        FoundOutBy<FiguresDoNotFlatter>(new Changed { Answer = result => Each(result, policy => policy with { Used = Math.Max(0, policy.Used - 3) }) });

    [Fact]
    public void Requests_that_wait_for_a_ledger_that_is_away_are_found_out() => FoundOutBy<NothingHangs>(new Patient());

    private static QuotaResult Each(QuotaResult result, Func<PolicyResult, PolicyResult> change) =>
        result with { Policies = [.. result.Policies.Select(change)] };

    private static QuotaOperation Each(QuotaOperation operation, Func<PolicyOperation, PolicyOperation> change) =>
        operation with { Policies = [.. operation.Policies.Select(change)] };

    private static void FoundOutBy<T>(Saboteur saboteur, Func<int, Scenario>? draw = null)
        where T : Invariant
    {
        var check = Invariant.All.OfType<T>().Single();
        var noticed = new ConcurrentBag<int>();
        Parallel.For(0, Seeds, (seed, all) =>
        {
            if (check.Broken(Run.Of((draw ?? ScenarioDraw.From)(seed), saboteur)).Any())
            {
                noticed.Add(seed);
                all.Stop();
            }
        });
        if (noticed.IsEmpty)
            Assert.Fail($"{typeof(T).Name} did not notice within {Seeds} seeds.");
    }

    private sealed class Changed : Saboteur
    {
        public Func<QuotaOperation, QuotaOperation> Asked { get; init; } = operation => operation;

        public Func<QuotaResult, QuotaResult> Answer { get; init; } = result => result;

        public override ILedger Ledger(ILedger ledger) => new ChangedLedger(ledger, this);

        private sealed class ChangedLedger(ILedger ledger, Changed changed) : ILedger
        {
            public async Task<QuotaResult> ApplyAsync(
                string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken) =>
                changed.Answer(await ledger.ApplyAsync(partition, changed.Asked(operation), now, cancellationToken));

            public Task<QuotaResult> PeekAsync(
                string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken) =>
                ledger.PeekAsync(partition, operation, now, cancellationToken);
        }
    }

    /// <summary>A limiter that lets requests wait for as long as the ledger takes.</summary>
    private sealed class Patient : Saboteur
    {
        public override LimiterOptions Options(LimiterOptions options) => options with { RequestWait = TimeSpan.FromSeconds(10) };
    }

    /// <summary>A store that does not look at ETags.</summary>
    private sealed class CarelessStore : Saboteur
    {
        public override ITableStore Store(ITableStore store) => new Careless(store);

        private sealed class Careless(ITableStore store) : ITableStore
        {
            public Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken) =>
                store.PutAsync(table, put with { Condition = PutCondition.None }, cancellationToken);

            public Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken) =>
                store.GetAsync(table, key, cancellationToken);

            public Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken) =>
                store.DeleteAsync(table, key, ifMatch, cancellationToken);

            public IAsyncEnumerable<TableRow> QueryAsync(string table, TableQuery query, CancellationToken cancellationToken) =>
                store.QueryAsync(table, query, cancellationToken);

            public Task<IReadOnlyList<string>?> BatchAsync(
                string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken) =>
                store.BatchAsync(table, puts, cancellationToken);
        }
    }
}
