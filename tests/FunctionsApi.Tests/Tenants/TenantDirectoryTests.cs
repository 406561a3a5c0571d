using FunctionsApi.Quotas.Policies;
using FunctionsApi.Tenants;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Tenants;

/// <summary>Which terms a tenant has, and when a change of them is seen.</summary>
public sealed class TenantDirectoryTests : DirectoryTests
{
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
}
