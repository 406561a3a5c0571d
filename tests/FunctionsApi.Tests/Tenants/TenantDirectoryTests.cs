using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;
using FunctionsApi.Tenants;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Tenants;

public sealed class TenantDirectoryTests : IDisposable
{
    private const string Broken = """{ "apis": { "inference": 1, "agents": 2 } }""";

    private readonly ObservedStore _store = new();
    private readonly ManualTime _time = new();
    private readonly LogLines<TenantDirectory> _log = new();
    private readonly PlanTable _plans;
    private readonly TenantTable _tenants;
    private readonly TenantDirectory _directory;

    public TenantDirectoryTests()
    {
        _plans = new(_store);
        _tenants = new(_store);
        _directory = new(_plans, _tenants, _time, _log);
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_tenant_has_the_plan_it_subscribed_to()
    {
        await SubscribeAsync("acme", ApiKind.Agents, "pro");
        await RefreshAsync();

        (await FindAsync("acme", ApiKind.Agents))!.Plan.ShouldBe("pro");
        (await FindAsync("acme", ApiKind.Inference)).ShouldBeNull();
    }

    [Fact]
    public async Task The_callers_own_plan_goes_before_the_tenants()
    {
        await SubscribeAsync("acme", ApiKind.Agents, "free");

        (await _directory.FindAsync("acme", ApiKind.Agents, "pro", Cancelled))!.Plan.ShouldBe("pro");
        (await _directory.FindAsync("nobody", ApiKind.Agents, "pro", Cancelled))!.Plan.ShouldBe("pro");
    }

    [Fact]
    public async Task A_tenant_that_has_left_has_no_access_by_keys_with_a_plan_of_their_own()
    {
        await SubscribeAsync("acme", ApiKind.Agents, "free");
        await RefreshAsync();
        await _tenants.ChangeAsync("acme", tenant => tenant with { Agents = Subscription.None, HasLeft = true }, Cancelled);
        await RefreshAsync();

        foreach (var api in Apis.All)
            (await _directory.FindAsync("acme", api, "pro", Cancelled)).ShouldBeNull();
    }

    [Fact]
    public async Task More_tenants_than_fit_into_memory_are_asked_for_when_they_are_needed()
    {
        for (var i = 0; i < 100; i++)
            await _tenants.ChangeAsync($"tenant-{i}", LimitedByMany, Cancelled);
        await RefreshAsync();
        _store.Reads.Clear();

        for (var i = 0; i < 100; i++)
            (await FindAsync($"tenant-{i}", ApiKind.Agents))!.Plan.ShouldBe("pro");
        _store.Reads.Count.ShouldBeInRange(1, 90);

        static Tenant LimitedByMany(Tenant tenant) => tenant with
        {
            Agents = new("pro", Subscription.NoLimits.AddRange(Enumerable.Range(0, 400).Select(i => KeyValuePair.Create($"policy-{i}", new LimitSetting(i + 1, null))))),
        };
    }

    [Fact]
    public async Task A_plan_that_does_not_exist_is_no_subscription()
    {
        await SubscribeAsync("acme", ApiKind.Agents, "gold");

        (await FindAsync("acme", ApiKind.Agents)).ShouldBeNull();
        (await _directory.FindAsync("acme", ApiKind.Agents, "silver", Cancelled)).ShouldBeNull();
    }

    [Fact]
    public async Task A_new_tenant_is_known_at_once()
    {
        await RefreshAsync();

        await SubscribeAsync("acme", ApiKind.Agents, "pro");

        (await FindAsync("acme", ApiKind.Agents))!.Plan.ShouldBe("pro");
    }

    [Fact]
    public async Task A_tenant_is_asked_for_once_whether_it_exists_or_not()
    {
        await SubscribeAsync("acme", ApiKind.Agents, "pro");
        _store.Reads.Clear();

        foreach (var tenant in (string[])["acme", "nobody", "acme", "nobody"])
            await FindAsync(tenant, ApiKind.Agents);

        _store.Reads.ShouldBe(["Tenants/acme", "Tenants/nobody"]);
    }

    [Fact]
    public async Task A_tenant_that_did_not_exist_is_found_by_the_refresh_after_it_does()
    {
        (await FindAsync("acme", ApiKind.Agents)).ShouldBeNull();
        await SubscribeAsync("acme", ApiKind.Agents, "pro");

        await RefreshAsync();

        (await FindAsync("acme", ApiKind.Agents))!.Plan.ShouldBe("pro");
    }

    [Fact]
    public async Task A_refresh_without_news_reads_two_rows()
    {
        await SubscribeAsync("acme", ApiKind.Agents, "pro");
        await RefreshAsync();
        _store.Reads.Clear();

        await RefreshAsync();

        _store.Reads.ShouldBe(["Plans/current", "Tenants/!revision"]);
    }

    [Fact]
    public async Task An_override_is_in_force_after_the_refresh_and_so_is_its_end()
    {
        await SubscribeAsync("acme", ApiKind.Agents, "pro");
        await RefreshAsync();
        var plain = await FindAsync("acme", ApiKind.Agents);

        await OverrideAsync("acme", "crawl-per-hour", new(500, true));
        await RefreshAsync();

        var own = await FindAsync("acme", ApiKind.Agents);
        own!.Policies.Policies[3].ShouldBe(plain!.Policies.Policies[3] with { Limit = 500, Shadow = true });
        await OverrideAsync("acme", "crawl-per-hour", null);
        await RefreshAsync();
        (await FindAsync("acme", ApiKind.Agents)).ShouldBeSameAs(plain);
    }

    [Fact]
    public async Task Terms_are_the_same_until_their_tenant_changes()
    {
        await SubscribeAsync("acme", ApiKind.Agents, "pro");
        await OverrideAsync("acme", "crawl-per-hour", new(500));
        await RefreshAsync();
        var terms = await FindAsync("acme", ApiKind.Agents);

        await SubscribeAsync("other", ApiKind.Agents, "free");
        await RefreshAsync();

        (await FindAsync("other", ApiKind.Agents))!.Plan.ShouldBe("free");
        (await FindAsync("acme", ApiKind.Agents)).ShouldBeSameAs(terms);
    }

    [Fact]
    public async Task Plans_of_the_store_are_in_force_after_the_refresh_also_for_tenants_with_overrides()
    {
        await SubscribeAsync("acme", ApiKind.Agents, "pro");
        await OverrideAsync("acme", "concurrency", new(77));
        await SubscribeAsync("plain", ApiKind.Agents, "pro");
        await RefreshAsync();

        await ApplyAsync(PlansInForce.Embedded.Json.Replace("\"crawl-per-hour\": 50,", "\"crawl-per-hour\": 51,"));
        await RefreshAsync();

        Limits(await FindAsync("plain", ApiKind.Agents)).ShouldBe([10_000, 100_000, 50, 51, 1_000, 10_000]);
        Limits(await FindAsync("acme", ApiKind.Agents)).ShouldBe([10_000, 100_000, 77, 51, 1_000, 10_000]);
    }

    [Fact]
    public async Task Plans_that_are_written_again_unchanged_change_no_terms()
    {
        await SubscribeAsync("acme", ApiKind.Agents, "pro");
        await RefreshAsync();
        var terms = await FindAsync("acme", ApiKind.Agents);

        await ApplyAsync(PlansInForce.Embedded.Json);
        await RefreshAsync();

        (await FindAsync("acme", ApiKind.Agents)).ShouldBeSameAs(terms);
    }

    [Fact]
    public async Task Broken_plans_leave_the_last_good_ones_in_force_and_are_told_of_once()
    {
        await ApplyAsync(PlansInForce.Embedded.Json.Replace("\"pro\": { \"requests-per-minute\": 120 }", "\"pro\": { \"requests-per-minute\": 121 }"));
        await SubscribeAsync("acme", ApiKind.Inference, "pro");
        await RefreshAsync();

        await ApplyAsync(Broken);
        await RefreshAsync();
        await RefreshAsync();

        Limits(await FindAsync("acme", ApiKind.Inference)).ShouldBe([121]);
        const string Problem =
            "The plans in the store are refused: 1:26 apis.inference: a number stands here. Write an object with policies, plans. "
            + "There are 1 more errors. The last good ones stay in force. Correct the file and run: FunctionsApi plans apply <file>";
        _directory.Problem.ShouldBe(Problem);
        _log.Lines.ShouldBe([$"Error: {Problem}"]);
    }

    [Fact]
    public async Task Tenants_go_on_changing_while_the_plans_are_broken()
    {
        await ApplyAsync(Broken);
        await SubscribeAsync("acme", ApiKind.Agents, "free");
        await RefreshAsync();

        await SubscribeAsync("acme", ApiKind.Agents, "pro");
        await RefreshAsync();

        (await FindAsync("acme", ApiKind.Agents))!.Plan.ShouldBe("pro");
    }

    [Fact]
    public async Task Corrected_plans_end_the_problem()
    {
        await ApplyAsync(Broken);
        await RefreshAsync();

        await ApplyAsync(PlansInForce.Embedded.Json);
        await RefreshAsync();

        _directory.Problem.ShouldBeNull();
        _log.Lines[1..].ShouldBe(["Information: Plans and tenants are those of the store again"]);
    }

    [Theory]
    [InlineData("AgentsLimits", "{")]
    [InlineData("AgentsLimits", """{"crawl-per-hour":{"limit":-1}}""")]
    [InlineData("AgentsLimits", """{"crawl-per-hour":{"limit":1000000001}}""")]
    [InlineData("AgentsLimits", """{"crawl-per-hour":{"limit":1,"shadows":true}}""")]
    [InlineData("AgentsLimits", true)]
    [InlineData("AgentsPlan", true)]
    public async Task A_broken_row_leaves_its_tenant_as_it_was_and_the_others_changing(string column, object value)
    {
        await SubscribeAsync("acme", ApiKind.Agents, "pro");
        await RefreshAsync();
        var terms = await FindAsync("acme", ApiKind.Agents);

        await WriteRowAsync("acme", new() { [column] = value });
        await SubscribeAsync("other", ApiKind.Agents, "free");
        await RefreshAsync();
        await RefreshAsync();

        (await FindAsync("acme", ApiKind.Agents)).ShouldBeSameAs(terms);
        (await FindAsync("other", ApiKind.Agents))!.Plan.ShouldBe("free");
        _directory.Problem!.ShouldStartWith("The row of tenant acme makes no sense: ");
        _log.Lines.ShouldHaveSingleItem().ShouldStartWith("Error: The row of tenant acme makes no sense: ");
    }

    [Fact]
    public async Task A_broken_row_is_never_written_over()
    {
        await WriteRowAsync("acme", new() { ["AgentsLimits"] = "{" });

        (await Should.ThrowAsync<TableStoreException>(() => SubscribeAsync("acme", ApiKind.Agents, "pro")))
            .Message.ShouldEndWith("Correct or delete it in the table Tenants.");
    }

    [Fact]
    public async Task A_store_that_fails_leaves_everything_as_it_was_and_is_told_of_once()
    {
        await SubscribeAsync("acme", ApiKind.Agents, "pro");
        await RefreshAsync();

        _store.Failure = new TableStoreException("The disk is gone.");
        await RefreshAsync();
        _store.Failure = new InvalidOperationException("Something else.");
        await RefreshAsync();

        (await FindAsync("acme", ApiKind.Agents))!.Plan.ShouldBe("pro");
        _directory.Problem.ShouldBe("Plans and tenants can't be read, and stay as they were: Something else.");
        _log.Lines.ShouldBe(["Warning: Plans and tenants can't be read from the store; they stay as they were until they can. The disk is gone."]);
        _store.Failure = null;
        await RefreshAsync();
        _directory.Problem.ShouldBeNull();
        _log.Lines[1..].ShouldBe(["Information: Plans and tenants are those of the store again"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_store_that_hangs_is_given_up_on()
    {
        _store.Hangs = true;
        var refresh = RefreshAsync();

        _time.Advance(TimeSpan.FromSeconds(5));
        await refresh;

        _directory.Problem.ShouldBe("Plans and tenants can't be read, and stay as they were: The store did not answer within 5 s.");
    }

    [Fact]
    public async Task A_tenant_that_was_never_heard_of_can_not_be_found_while_the_store_fails()
    {
        _store.Failure = new TableStoreException("The disk is gone.");

        await Should.ThrowAsync<TableStoreException>(() => FindAsync("acme", ApiKind.Agents));

        _store.Failure = null;
        await SubscribeAsync("acme", ApiKind.Agents, "pro");
        (await FindAsync("acme", ApiKind.Agents))!.Plan.ShouldBe("pro");
    }

    [Fact]
    public async Task A_known_tenants_terms_are_found_without_allocating()
    {
        await SubscribeAsync("acme", ApiKind.Agents, "pro");
        await OverrideAsync("acme", "concurrency", new(77));
        await RefreshAsync();
        await FindAsync("acme", ApiKind.Agents);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
            await _directory.FindAsync("acme", ApiKind.Agents, null, CancellationToken.None);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1_000);
    }

    [Fact]
    public async Task Two_changes_of_one_tenant_at_a_time_both_hold()
    {
        await SubscribeAsync("acme", ApiKind.Agents, "free");

        var calls = 0;
        await _tenants.ChangeAsync(
            "acme",
            before =>
            {
                if (calls++ == 0)
                    SubscribeAsync("acme", ApiKind.Inference, "team").IsCompletedSuccessfully.ShouldBeTrue();
                return before with { Agents = before.Agents with { Plan = "pro" } };
            },
            Cancelled);

        calls.ShouldBe(2);
        (await FindAsync("acme", ApiKind.Inference))!.Plan.ShouldBe("team");
        (await FindAsync("acme", ApiKind.Agents))!.Plan.ShouldBe("pro");
    }

    private Task<bool> RefreshAsync() => _directory.RefreshAsync(Cancelled);

    private Task<ApiTerms?> FindAsync(string tenant, ApiKind api) => _directory.FindAsync(tenant, api, null, Cancelled).AsTask();

    private Task ApplyAsync(string json) => _plans.WriteAsync(json, Cancelled);

    private async Task SubscribeAsync(string tenant, ApiKind api, string plan) =>
        await _tenants.ChangeAsync(tenant, before => before.With(api, before[api] with { Plan = plan }), Cancelled);

    private async Task OverrideAsync(string tenant, string policy, LimitSetting? setting) => await _tenants.ChangeAsync(
        tenant,
        before => before with
        {
            Agents = before.Agents with
            {
                Limits = setting is { } set ? before.Agents.Limits.SetItem(policy, set) : before.Agents.Limits.Remove(policy),
            },
        },
        Cancelled);

    private async Task WriteRowAsync(string tenant, Dictionary<string, object> columns) =>
        await _store.PutAsync("Tenants", new(new("tenants", tenant), columns, PutCondition.None), Cancelled);

    private static int[] Limits(ApiTerms? terms) => [.. terms!.Policies.Policies.Select(policy => policy.Limit)];
}
