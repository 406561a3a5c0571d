using System.Text;
using FunctionsApi.Infer;
using FunctionsApi.Storage;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infer;

public sealed class DeploymentDirectoryTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly WatchedStore _store = new();
    private readonly Logs _logs = new();
    private readonly DeploymentTable _table;
    private readonly DeploymentDirectory _directory;

    public DeploymentDirectoryTests()
    {
        _table = new(_store);
        _directory = new(_table, _time, new LoggerFactory([_logs]).CreateLogger<DeploymentDirectory>());
    }

    [Fact]
    public async Task Every_tenant_has_an_echo()
    {
        var echo = (await FindAsync("echo"))!;
        (echo.Id, echo.Backend, echo.Weight).ShouldBe(("echo", Backend.Echo, 1));
        (await FindAsync("other")).ShouldBeNull();
    }

    [Fact]
    public async Task A_deployment_is_found_as_it_was_set()
    {
        var set = InferHost.To(new("https://models.example.com/predict?v=1"), it => it with
        {
            Timeout = TimeSpan.FromMilliseconds(1500),
            MaxResponseBytes = 77,
            Secret = new("s", "X-Api-Key"),
            Weight = 3,
            Retries = 4,
        });
        await SetAsync(set);
        var found = (await FindAsync("model"))!;
        (found with { Version = "" }).ShouldBe(set);
        found.Secret!.Stored.ShouldBe("s");
    }

    [Fact]
    public async Task Tenants_do_not_see_each_others_deployments()
    {
        await SetAsync(Echo("mine"));
        (await FindAsync("mine", "globex")).ShouldBeNull();
    }

    [Fact]
    public async Task Asking_again_does_not_read_again()
    {
        for (var ask = 0; ask < 100; ask++)
            await FindAsync("echo");
        _store.Queries.ShouldBe(1);
    }

    [Fact]
    public async Task Finding_what_is_known_allocates_nothing()
    {
        await FindAsync("echo");
        var before = GC.GetAllocatedBytesForCurrentThread();
        var found = 0;
        for (var ask = 0; ask < 1000; ask++)
            found += await _directory.FindAsync("acme", "echo"u8) is null ? 0 : 1;
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        found.ShouldBe(1000);
    }

    [Fact]
    public async Task A_change_is_in_force_within_30_s_on_a_busy_and_on_a_quiet_instance()
    {
        await SetAsync(Echo("model"));
        await FindAsync("model");
        await SetAsync(Echo("model", weight: 7));

        _time.Advance(TimeSpan.FromSeconds(10));
        await FindAsync("model");
        (await FindAsync("model"))!.Weight.ShouldBe(7);

        await SetAsync(Echo("model", weight: 8));
        _time.Advance(TimeSpan.FromSeconds(30));
        (await FindAsync("model"))!.Weight.ShouldBe(8);
    }

    [Fact]
    public async Task A_removed_deployment_is_gone_within_30_s()
    {
        await SetAsync(Echo("model"));
        await FindAsync("model");
        (await _table.RemoveAsync("acme", "model", TestHost.Cancelled)).ShouldBeTrue();
        (await _table.RemoveAsync("acme", "model", TestHost.Cancelled)).ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(30));
        (await FindAsync("model")).ShouldBeNull();
    }

    [Fact]
    public async Task An_unknown_id_is_looked_for_again_at_most_once_a_second()
    {
        await FindAsync("new");
        await SetAsync(Echo("new"));
        for (var ask = 0; ask < 100; ask++)
            (await FindAsync("new")).ShouldBeNull();
        _store.Queries.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(1));
        (await FindAsync("new")).ShouldNotBeNull();
        _store.Queries.ShouldBe(2);
    }

    [Fact]
    public async Task An_id_longer_than_any_reads_nothing()
    {
        (await FindAsync(new string('a', 65))).ShouldBeNull();
        _store.Queries.ShouldBe(0);
    }

    [Fact]
    public async Task All_who_ask_at_once_share_one_reading()
    {
        var gate = new TaskCompletionSource();
        _store.Gate = gate.Task;
        var asks = Enumerable.Range(0, 20).Select(_ => FindAsync("echo").AsTask()).ToList();
        gate.SetResult();
        (await Task.WhenAll(asks)).ShouldAllBe(deployment => deployment != null);
        _store.Queries.ShouldBe(1);
    }

    [Fact]
    public async Task An_unchanged_deployment_stays_the_same_object_and_a_changed_one_does_not()
    {
        await SetAsync(Echo("kept"));
        await SetAsync(Echo("changed"));
        var (kept, changed, echo) = (await FindAsync("kept"), await FindAsync("changed"), await FindAsync("echo"));
        await SetAsync(Echo("changed"));
        _time.Advance(TimeSpan.FromSeconds(30));
        (await FindAsync("kept")).ShouldBeSameAs(kept);
        (await FindAsync("echo")).ShouldBeSameAs(echo);
        (await FindAsync("changed")).ShouldNotBeSameAs(changed);
    }

    [Fact]
    public async Task While_the_store_is_away_what_was_last_read_stays_in_force()
    {
        await SetAsync(Echo("model"));
        await FindAsync("model");
        _store.Fails = true;
        for (var ask = 0; ask < 10; ask++)
        {
            _time.Advance(TimeSpan.FromSeconds(30));
            (await FindAsync("model")).ShouldNotBeNull();
        }
        _logs.Lines.ShouldContain(line => line.Contains("stay in force", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_anything_to_fall_back_on_the_stores_failure_shows_and_passes()
    {
        _store.Fails = true;
        await Should.ThrowAsync<TableStoreException>(FindAsync("echo").AsTask());
        _store.Fails = false;
        (await FindAsync("echo")).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_row_that_breaks_the_rules_is_left_out_and_logged_and_others_are_not()
    {
        await SetAsync(Echo("good"));
        await SetAsync(Echo("heavy", weight: -1));
        await _store.PutAsync("Deployments", new(new("acme", "odd"), new Dictionary<string, object> { ["backend"] = 7L }, PutCondition.None), TestHost.Cancelled);
        (await FindAsync("good")).ShouldNotBeNull();
        (await FindAsync("heavy")).ShouldBeNull();
        (await FindAsync("odd")).ShouldBeNull();
        _logs.Lines.Count(line => line.Contains("left out", StringComparison.Ordinal)).ShouldBe(2);
    }

    public void Dispose() => _logs.Dispose();

    private static Deployment Echo(string id, int weight = 1) =>
        new() { Tenant = InferHost.Tenant, Id = id, Backend = Backend.Echo, Weight = weight };

    private ValueTask<Deployment?> FindAsync(string id, string tenant = InferHost.Tenant) =>
        _directory.FindAsync(tenant, Encoding.UTF8.GetBytes(id));

    private Task SetAsync(Deployment deployment) => _table.SetAsync(deployment, TestHost.Cancelled);
}
