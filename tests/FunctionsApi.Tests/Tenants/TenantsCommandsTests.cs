using FunctionsApi.Storage;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Tenants;

public sealed class TenantsCommandsTests : IAsyncLifetime
{
    private readonly CommandRun _run = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _run.DisposeAsync();

    [Fact]
    public async Task A_tenant_is_made_and_each_of_its_plans_changed_alone()
    {
        (await RunAsync("tenants set --tenant acme --inference pro")).ShouldBe(0);
        _run.Output.ShouldBe("acme has inference pro, agents none, limits of its own: none. Every server follows within 30 s.");

        await RunAsync("tenants set --tenant acme --agents free");
        _run.Output.ShouldStartWith("acme has inference pro, agents free,");

        await RunAsync("tenants set --tenant acme --inference none --agents pro");
        _run.Output.ShouldStartWith("acme has inference none, agents pro,");
    }

    [Fact]
    public async Task A_tenant_leaves_with_its_last_plan_and_comes_back_with_the_next()
    {
        await RunAsync("tenants set --tenant acme --inference pro --agents free");
        await RunAsync("tenants set --tenant acme --inference none --agents none");
        _run.Output.ShouldBe("acme has left: within 30 s both APIs answer all its keys and tokens 403, keys with a plan of their own too. "
            + "Take it back with: FunctionsApi tenants set --tenant acme --inference <plan> or --agents <plan>");
        await RunAsync("tenants list");
        _run.Output.ShouldContain("│ acme   │ left      │ left   │");
        await RunAsync("keys create --tenant acme --user bob --agents pro");
        _run.Error.ShouldStartWith("Tenant acme has left: both APIs answer its keys 403, whatever plan they have, until it subscribes again: ");

        await RunAsync("tenants set --tenant acme --agents free --json");
        _run.Output.ShouldContain("\"left\":false");
    }

    [Fact]
    public async Task A_plan_that_leaves_limits_to_the_tenant_says_which_and_how_to_set_them()
    {
        await RunAsync("tenants set --tenant acme --agents enterprise");

        _run.Output.ShouldBe("""
            acme has inference none, agents enterprise, limits of its own: none. Every server follows within 30 s.
            The agents API answers acme 403 until it has a limit for each of: requests-per-hour, requests-per-day, concurrency. Set it with: FunctionsApi tenants set-limit --tenant acme --api agents --policy <policy> --limit <number>
            """);
    }

    [Fact]
    public async Task A_limit_is_set_and_taken_back()
    {
        await RunAsync("tenants set --tenant acme --agents pro");

        (await RunAsync("tenants set-limit --tenant acme --api agents --policy crawl-per-hour --limit 1500")).ShouldBe(0);
        _run.Output.ShouldBe("acme has inference none, agents pro, limits of its own: agents crawl-per-hour 1,500. Every server follows within 30 s.");

        (await RunAsync("tenants set-limit --tenant acme --api agents --policy crawl-per-hour --limit default")).ShouldBe(0);
        _run.Output.ShouldBe("acme has inference none, agents pro, limits of its own: none. Every server follows within 30 s.");
    }

    [Theory]
    [InlineData("--limit 500 --shadow", """{"limit":500,"shadow":true}""")]
    [InlineData("--limit 500 --shadow true", """{"limit":500,"shadow":true}""")]
    [InlineData("--limit 500 --shadow false", """{"limit":500,"shadow":false}""")]
    [InlineData("--limit 500", """{"limit":500}""")]
    [InlineData("--limit default --shadow", """{"shadow":true}""")]
    public async Task A_limit_can_be_tried_in_shadow(string limit, string json)
    {
        await RunAsync("tenants set --tenant acme --agents pro");

        await RunAsync($"tenants set-limit --tenant acme --api agents --policy crawl-per-hour {limit} --json");

        _run.Output.ShouldBe(
            """{"tenant":"acme","inference":null,"agents":"pro","left":false,"limits":{"inference":{},"agents":{"crawl-per-hour":""" + json + "}}}");
    }

    [Fact]
    public async Task Show_has_every_limit_and_where_it_comes_from()
    {
        await RunAsync("tenants set --tenant acme --agents enterprise");
        await RunAsync("tenants set-limit --tenant acme --api agents --policy crawl-per-hour --limit 500 --shadow");
        await RunAsync("tenants set-limit --tenant acme --api agents --policy requests-per-day --limit 7000");

        (await RunAsync("tenants show --tenant acme")).ShouldBe(0);

        _run.Output.ShouldBe("""
            acme: inference none
            acme: agents enterprise
            ┌─────────────────────┬───────────────────────────┬──────────────┬────────┐
            │ Policy              │ Counts                    │        Limit │ Set by │
            ├─────────────────────┼───────────────────────────┼──────────────┼────────┤
            │ requests-per-hour   │ each 1h, burst 2x for 10s │      not set │        │
            │ requests-per-day    │ each 24h                  │        7,000 │ tenant │
            │ concurrency         │ in flight at once         │      not set │        │
            │ crawl-per-hour      │ each 1h                   │ 500 (shadow) │ tenant │
            │ synthesize-per-hour │ each 1h                   │        1,000 │ plan   │
            │ events-per-hour     │ each 1h                   │       10,000 │ plan   │
            └─────────────────────┴───────────────────────────┴──────────────┴────────┘
            The agents API answers acme 403 until it has a limit for each of: requests-per-hour, concurrency. Set it with: FunctionsApi tenants set-limit --tenant acme --api agents --policy <policy> --limit <number>
            """);
    }

    [Fact]
    public async Task List_has_every_tenant()
    {
        await RunAsync("tenants set --tenant zeta --inference team");
        await RunAsync("tenants set --tenant acme --agents pro");
        await RunAsync("tenants set-limit --tenant acme --api agents --policy crawl-per-hour --limit 500 --shadow false");

        (await RunAsync("tenants list")).ShouldBe(0);
        _run.Output.ShouldBe("""
            ┌────────┬───────────┬────────┬──────────────────────────────────────┐
            │ Tenant │ Inference │ Agents │ Own limits                           │
            ├────────┼───────────┼────────┼──────────────────────────────────────┤
            │ acme   │ none      │ pro    │ agents crawl-per-hour 500 (enforced) │
            │ zeta   │ team      │ none   │                                      │
            └────────┴───────────┴────────┴──────────────────────────────────────┘
            """);
        (await RunAsync("tenants list --json")).ShouldBe(0);
        _run.Output.ShouldBe("["
            + """{"tenant":"acme","inference":null,"agents":"pro","left":false,"limits":{"inference":{},"agents":{"crawl-per-hour":{"limit":500,"shadow":false}}}},"""
            + """{"tenant":"zeta","inference":"team","agents":null,"left":false,"limits":{"inference":{},"agents":{}}}]""");
    }

    [Theory]
    [InlineData("set --tenant acme", "Nothing to set: add --inference <plan> or --agents <plan>.")]
    [InlineData("set --tenant a/b --agents pro", "The tenant must be 1 to 64 letters, digits, dots, hyphens and underscores.")]
    [InlineData("set --tenant acme --agents gold", "The agents API has no plan 'gold'. It has: free, pro, enterprise; or none.")]
    [InlineData("set --tenant acme --inference free", "The inference API has no plan 'free'. It has: pro, team, enterprise; or none.")]
    [InlineData("set-limit --tenant nobody --api agents --policy concurrency --limit 5",
        "There is no tenant nobody. Make it with: FunctionsApi tenants set --tenant nobody --agents free")]
    [InlineData("set-limit --tenant acme --api agent --policy concurrency --limit 5", "There is no API 'agent'. There are: inference, agents.")]
    [InlineData("set-limit --tenant acme --api inference --policy concurrency --limit 5",
        "The inference API has no policy 'concurrency'. It has: requests-per-minute.")]
    [InlineData("set-limit --tenant acme --api agents --policy concurrency --limit -5",
        "'-5' is no limit: give a whole number from 0 to 1000000000, or default for the plan's.")]
    [InlineData("set-limit --tenant acme --api agents --policy concurrency --limit 1000000001",
        "'1000000001' is no limit: give a whole number from 0 to 1000000000, or default for the plan's.")]
    [InlineData("set-limit --tenant acme --api agents --policy concurrency --limit 1e3",
        "'1e3' is no limit: give a whole number from 0 to 1000000000, or default for the plan's.")]
    [InlineData("show --tenant nobody", "There is no tenant nobody. Make it with: FunctionsApi tenants set --tenant nobody --agents free")]
    public async Task A_mistake_is_one_line_with_the_remedy_and_changes_nothing(string command, string error)
    {
        await RunAsync("tenants set --tenant acme --agents pro");
        await RunAsync("tenants list --json");
        var before = _run.Output;

        (await RunAsync($"tenants {command}")).ShouldBe(1);

        _run.Error.ShouldBe(error);
        _run.Output.ShouldBeEmpty();
        await RunAsync("tenants list --json");
        _run.Output.ShouldBe(before);
    }

    [Fact]
    public async Task A_row_that_makes_no_sense_is_told_of_beside_the_others()
    {
        await RunAsync("tenants set --tenant acme --agents pro");
        await _run.OnStoreAsync(store => store.PutAsync(
            "Tenants",
            new(new("tenants", "broken"), new Dictionary<string, object> { ["AgentsLimits"] = "{" }, PutCondition.None),
            TestContext.Current.CancellationToken));

        (await RunAsync("tenants list")).ShouldBe(1);

        _run.Output.ShouldContain("│ acme   │");
        _run.Error.ShouldStartWith("The row of tenant broken makes no sense: ");
    }

    private Task<int> RunAsync(string arguments) => _run.RunAsync(arguments.Split(' '));
}
