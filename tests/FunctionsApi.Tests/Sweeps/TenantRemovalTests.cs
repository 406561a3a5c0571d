using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Agents.Knowledge;
using FunctionsApi.Alerts;
using FunctionsApi.Alerts.Webhooks;
using FunctionsApi.Auth;
using FunctionsApi.Infer;
using FunctionsApi.Ledgers;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;
using FunctionsApi.Sweeps;
using FunctionsApi.Tenants;
using FunctionsApi.Tests.Agents;
using FunctionsApi.Tests.Tenants;
using FunctionsApi.Usage;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Sweeps;

public sealed class TenantRemovalTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_of_a_tenant_is_left_and_all_of_others_is()
    {
        var store = new ListingStore(new InMemoryTableStore());
        await using var host = await TestHost.StartAsync(store: store);
        await LiveAsync(host, "acme");
        await LiveAsync(host, "globex");
        var before = await store.RowsAsync("globex");
        (await store.RowsAsync("acme")).Select(row => row.Split(' ')[0]).Distinct().Count().ShouldBeGreaterThan(10);
        var removal = host.Services.GetRequiredService<TenantRemoval>();

        var (deleted, isOver) = await removal.DeleteAsync("acme", Cancel);

        isOver.ShouldBeFalse();
        deleted.ToDictionary(kind => kind.Kind, kind => kind.Count).ShouldSatisfyAllConditions(
            counts => counts["keys"].ShouldBe(1),
            counts => counts["deployments"].ShouldBe(1),
            counts => counts["documents"].ShouldBe(1),
            counts => counts["jobs"].ShouldBe(1),
            counts => counts["alerts"].ShouldBe(1),
            counts => counts["counters"].ShouldBeGreaterThan(1));
        (await store.RowsAsync("acme")).Select(row => row.Split(' ')[0]).ShouldBe(["Keys", "KeysById", "Tenants"]);
        (await store.RowsAsync("globex")).ShouldBe(before);
        (await AfterGrace(host, store).GoOnAsync(Cancel)).ShouldBe(1);
        (await store.RowsAsync("acme")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Counters_that_a_revoked_key_still_writes_are_deleted_too()
    {
        var store = new ListingStore(new InMemoryTableStore());
        await using var host = await TestHost.StartAsync(store: store);
        await LiveAsync(host, "acme");
        var key = (await host.Services.GetRequiredService<KeyTable>().ListAsync("acme", Cancel)).ShouldHaveSingleItem();
        await host.Services.GetRequiredService<TenantRemoval>().DeleteAsync("acme", Cancel);
        var policy = new Policy { Name = "requests-per-hour", Algorithm = Algorithm.FixedWindow, Limit = 100, Window = TimeSpan.FromHours(1) };
        using var other = new TableLedger(store, host.Time);
        await other.ApplyAsync($"key:{key.Id}", new(new(7), 1, 0, [new(policy) { Need = 1 }]), Instant.From(host.Time.GetUtcNow()), Cancel);

        var (deleted, isOver) = await AfterGrace(host, store).DeleteAsync("acme", Cancel);

        isOver.ShouldBeTrue();
        deleted.ShouldContain(("counters", 1));
        (await store.QueryAsync(TableLedger.Table, new(), Cancel).AnyAsync(row => row.Key.Partition == $"key:{key.Id}", Cancel)).ShouldBeFalse();
        (await store.RowsAsync("acme")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_tenant_that_is_being_deleted_has_no_access()
    {
        await using var host = await TestHost.StartAsync();
        var client = await LiveAsync(host, "acme");

        await host.Services.GetRequiredService<TenantRemoval>().DeleteAsync("acme", Cancel);
        await host.Services.GetRequiredService<TenantDirectory>().RefreshAsync(Cancel);

        (await client.GetAsync("/api/v1/analytics/summary", Cancel)).StatusCode.ShouldBeOneOf(HttpStatusCode.Forbidden, HttpStatusCode.Unauthorized);
        host.Time.Advance(TimeSpan.FromSeconds(30));
        (await client.GetAsync("/api/v1/analytics/summary", Cancel)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_removal_that_is_killed_at_any_write_is_finished_by_the_next_sweep()
    {
        for (var lastWrite = 1; ; lastWrite++)
        {
            var store = new ListingStore(new InMemoryTableStore());
            DateTimeOffset now;
            await using (var host = await TestHost.StartAsync(store: store))
            {
                await LiveAsync(host, "acme");
                now = host.Time.GetUtcNow();
            }

            var time = new ManualTime(now);
            var isKilled = await IsKilledAsync(new MortalStore(store, lastWrite, isDone: lastWrite % 2 == 0), time);
            time.Advance(TenantRemoval.Grace);
            if (isKilled && (await new TenantTable(store).FindAsync("acme", Cancel))?.Tenant?.Removed is null)
                await RemovalOn(store, time).DeleteAsync("acme", Cancel);
            await RemovalOn(store, time).GoOnAsync(Cancel);
            time.Advance(TenantRemoval.Grace);
            await RemovalOn(store, time).GoOnAsync(Cancel);
            (await store.RowsAsync("acme")).ShouldBeEmpty($"killed at write {lastWrite}");
            if (!isKilled)
                return;
        }
    }

    [Fact]
    public async Task The_command_deletes_nothing_unless_it_is_told_to()
    {
        await using var run = new CommandRun();
        await run.RunAsync("tenants", "set", "--tenant", "acme", "--agents", "free");
        await run.RunAsync("keys", "create", "--tenant", "acme", "--user", "alice");

        (await run.RunAsync("tenants", "delete", "--tenant", "acme")).ShouldBe(1);
        run.Output.ShouldContain("There are of tenant acme: 0 partitions' counters, 0 deployments, 0 rows of usage, 0 rows of events, 0 documents, 0 jobs, 0 settings of alerts, 0 messages, 1 keys.");
        (await run.RunAsync("tenants", "delete", "--tenant", "acme", "--json", "--yes")).ShouldBe(0);
        run.Output.ShouldBe(
            """
            {"tenant":"acme","deleted":true,"counts":{"counters":0,"deployments":0,"usageRows":0,"eventRows":0,"documents":0,"jobs":0,"alerts":0,"messages":0,"keys":1}}
            """);
        (await run.RunAsync("tenants", "set", "--tenant", "acme", "--agents", "pro")).ShouldBe(1);
        (await run.RunAsync("keys", "create", "--tenant", "acme", "--user", "alice")).ShouldBe(1);
        (await run.RunAsync("tenants", "delete", "--tenant", "nobody", "--yes")).ShouldBe(1);
    }

    /// <summary>Does everything that leaves something in the store.</summary>
    private static async Task<HttpClient> LiveAsync(TestHost host, string tenant)
    {
        await host.SubscribeAsync(tenant, "pro", "free");
        var client = await host.ClientAsync(tenant, "alice");
        await host.Services.GetRequiredService<DeploymentTable>().SetAsync(new() { Tenant = tenant, Id = "model", Backend = Backend.Echo }, Cancel);
        (await client.PostAsJsonAsync("/infer", new { deployment_id = "model", inputs = new { } }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await client.PostAsJsonAsync("/api/v1/analytics/events", new { type = "view", id = "e1", page = "/" }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var jobs = host.Services.GetRequiredService<CrawlJobs>();
        await jobs.AddAsync(tenant, "https://example.com/", 1, 0, Cancel);
        await host.Services.GetRequiredService<DocumentTable>().PutAsync(tenant, new(new("d1", "https://example.com/", "One", host.Time.GetUtcNow()), "text"), Cancel);
        await host.Services.GetRequiredService<AlertTable>().ChangeAsync(tenant, it => it with { Digest = it.Digest with { IsOn = true } }, Cancel);
        await host.Services.GetRequiredService<WebhookStates>().ChangeAsync(tenant, it => it with { LastFailure = "It failed." }, Cancel);
        await host.Services.GetRequiredService<UsageRecorder>().FlushAsync(Cancel);
        return client;
    }

    private static async Task<bool> IsKilledAsync(MortalStore store, ManualTime time)
    {
        try
        {
            await RemovalOn(store, time).DeleteAsync("acme", Cancel);
            return store.Died.IsCompleted;
        }
        catch (TableStoreException)
        {
            return true;
        }
    }

    // By a clock of its own: the server's timers would do the same at once.
    private static TenantRemoval AfterGrace(TestHost host, ITableStore store) => RemovalOn(store, new ManualTime(host.Time.GetUtcNow() + TenantRemoval.Grace));

    private static TenantRemoval RemovalOn(ITableStore store, TimeProvider time) =>
        new(store, new(store, new(), new(), time), new(store, null, new KeyTable(store, time)), time);

    /// <summary>A store that knows its tables.</summary>
    private sealed class ListingStore(ITableStore inner) : ITableStore
    {
        // What is under way is no tenant's but in passing.
        private static readonly string[] Passing = ["QueueMessages"];

        private readonly ConcurrentDictionary<string, bool> _tables = new();

        /// <summary>All rows in which a tenant is named, or a key or a job of its.</summary>
        public async Task<List<string>> RowsAsync(string tenant)
        {
            List<string> rows = [];
            foreach (var table in _tables.Keys.Except(Passing).Order())
                await foreach (var row in inner.QueryAsync(table, new(), Cancel))
                    if ($"{row.Key.Partition}|{row.Key.Row}" is var key && (key.Contains(tenant) || row.Values.Values.Contains(tenant)))
                        rows.Add($"{table} {key}");
            return rows;
        }

        public Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken) => inner.GetAsync(table, key, cancellationToken);

        public IAsyncEnumerable<TableRow> QueryAsync(string table, TableQuery query, CancellationToken cancellationToken) => inner.QueryAsync(table, query, cancellationToken);

        public Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken)
        {
            _tables[table] = true;
            return inner.PutAsync(table, put, cancellationToken);
        }

        public Task<IReadOnlyList<string>?> BatchAsync(string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken)
        {
            _tables[table] = true;
            return inner.BatchAsync(table, puts, cancellationToken);
        }

        public Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken) => inner.DeleteAsync(table, key, ifMatch, cancellationToken);
    }
}
