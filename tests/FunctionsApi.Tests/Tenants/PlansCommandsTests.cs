using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;
using FunctionsApi.Tenants;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Tenants;

public sealed class PlansCommandsTests : IAsyncLifetime
{
    private readonly CommandRun _run = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _run.DisposeAsync();

    [Fact]
    public async Task The_plans_that_came_with_the_program_are_shown_where_the_store_has_none()
    {
        (await _run.RunAsync("plans", "show")).ShouldBe(0);

        _run.Output.ShouldBe("""
            inference
            ┌─────────────────────┬─────────┬───────────┬─────┬──────┬────────────┐
            │ Policy              │ Counts  │ Endpoints │ pro │ team │ enterprise │
            ├─────────────────────┼─────────┼───────────┼─────┼──────┼────────────┤
            │ requests-per-minute │ any 60s │ all       │ 120 │  300 │      1,000 │
            └─────────────────────┴─────────┴───────────┴─────┴──────┴────────────┘
            agents
            ┌─────────────────────┬───────────────────────────┬────────────────┬────────┬─────────┬────────────┐
            │ Policy              │ Counts                    │ Endpoints      │   free │     pro │ enterprise │
            ├─────────────────────┼───────────────────────────┼────────────────┼────────┼─────────┼────────────┤
            │ requests-per-hour   │ each 1h, burst 2x for 10s │ all but events │  1,000 │  10,000 │ per tenant │
            │ requests-per-day    │ each 24h                  │ all but events │ 10,000 │ 100,000 │ per tenant │
            │ concurrency         │ in flight at once         │ all            │     10 │      50 │ per tenant │
            │ crawl-per-hour      │ each 1h                   │ crawl          │     10 │      50 │         50 │
            │ synthesize-per-hour │ each 1h                   │ synthesize     │    100 │   1,000 │      1,000 │
            │ events-per-hour     │ each 1h                   │ events         │ 10,000 │  10,000 │     10,000 │
            └─────────────────────┴───────────────────────────┴────────────────┴────────┴─────────┴────────────┘
            """);
    }

    [Fact]
    public async Task What_show_prints_as_JSON_can_be_changed_and_applied()
    {
        await _run.RunAsync("plans", "show", "--json");
        var changed = _run.Output.Replace("\"team\": { \"requests-per-minute\": 300 }", "\"team\": { \"requests-per-minute\": { \"limit\": 333, \"shadow\": true } }");

        (await _run.RunAsync("plans", "apply", await _run.FileAsync("\uFEFF" + changed))).ShouldBe(0);

        _run.Output.ShouldEndWith("plans.json is in force; every server follows within 30 s.");
        await _run.RunAsync("plans", "show");
        _run.Output.ShouldContain("│ 120 │ 333 (shadow) │      1,000 │");
        await _run.RunAsync("plans", "show", "--json");
        _run.Output.ShouldBe(changed);
    }

    [Fact]
    public async Task Weights_are_shown()
    {
        var plans = PlansInForce.Embedded.Json.Replace(
            "\"only\": [\"synthesize\"]", "\"only\": [\"synthesize\"], \"weights\": { \"synthesize\": 5 }");
        await _run.RunAsync("plans", "apply", await _run.FileAsync(plans));

        await _run.RunAsync("plans", "show");

        _run.Output.ShouldContain("│ synthesize-per-hour │ each 1h                   │ synthesize; synthesize weighs 5 │");
    }

    [Fact]
    public async Task A_good_file_is_valid_and_changes_nothing()
    {
        var path = await _run.FileAsync(PlansInForce.Embedded.Json.Replace("300", "333"));

        (await _run.RunAsync("plans", "validate", path)).ShouldBe(0);
        _run.Output.ShouldBe($"{path} is valid.");
        (await _run.RunAsync("plans", "validate", path, "--json")).ShouldBe(0);
        _run.Output.ShouldBe("""{"valid":true,"errors":[]}""");
        await _run.RunAsync("plans", "show", "--json");
        _run.Output.ShouldBe(PlansInForce.Embedded.Json.TrimEnd());
    }

    [Theory]
    [InlineData("validate")]
    [InlineData("apply")]
    public async Task Every_error_of_a_bad_file_is_printed_with_its_place_and_nothing_changes(string command)
    {
        var path = await _run.FileAsync("""{ "apis": { "inference": 1, "agents": 2 } }""");

        (await _run.RunAsync("plans", command, path)).ShouldBe(1);

        _run.Output.ShouldBeEmpty();
        _run.Error.ShouldBe($"""
            {path}:1:26 apis.inference: a number stands here. Write an object with policies, plans.
            {path}:1:39 apis.agents: a number stands here. Write an object with policies, plans.
            """);
        await _run.RunAsync("plans", "show", "--json");
        _run.Output.ShouldBe(PlansInForce.Embedded.Json.TrimEnd());
    }

    [Fact]
    public async Task Errors_are_one_JSON_document_for_scripts()
    {
        (await _run.RunAsync("plans", "validate", await _run.FileAsync("{"), "--json")).ShouldBe(1);

        _run.Output.ShouldBe(
            """{"valid":false,"errors":[{"line":1,"column":2,"path":"","problem":"the file ends before its JSON does","remedy":"Restore its end, or close what is open."}]}""");
        _run.Error.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_that_can_not_be_read_is_a_clear_error()
    {
        (await _run.RunAsync("plans", "apply", "/no/such/plans.json")).ShouldBe(1);

        _run.Error.ShouldStartWith("The plan file can't be read: ");
        _run.Error.ShouldEndWith("Name a file that exists and may be read.");
    }

    [Theory]
    [InlineData(40_000)]
    [InlineData(PlanCatalog.MaxBytes)]
    public async Task A_long_file_is_applied_and_shown_whole(int length)
    {
        var file = PlansInForce.Embedded.Json.TrimEnd();
        file = file[..^1] + new string('\n', length - file.Length) + "}";

        (await _run.RunAsync("plans", "apply", await _run.FileAsync(file))).ShouldBe(0, _run.Error);

        (await _run.RunAsync("plans", "show", "--json")).ShouldBe(0);
        _run.Output.ShouldBe(file.TrimEnd());
        (await _run.RunAsync("plans", "apply", await _run.FileAsync(PlansInForce.Embedded.Json))).ShouldBe(0);
        (await _run.RunAsync("plans", "show", "--json")).ShouldBe(0);
        _run.Output.ShouldBe(PlansInForce.Embedded.Json.TrimEnd());
    }

    [Fact]
    public async Task A_file_that_is_too_long_is_refused()
    {
        var path = await _run.FileAsync(new string(' ', 1_000_000));

        (await _run.RunAsync("plans", "validate", path)).ShouldBe(1);

        _run.Error.ShouldStartWith($"{path}:1:1 the file has ");
        _run.Error.ShouldEndWith($"Keep it to {PlanCatalog.MaxBytes} bytes.");
    }

    [Fact]
    public async Task Plans_that_would_take_something_from_a_tenant_are_refused()
    {
        await _run.RunAsync(
            "plans", "apply", await _run.FileAsync(PlansInForce.Embedded.Json.Replace("\"pro\": { \"requests-per-minute\": 120 }",
                "\"pro\": { \"requests-per-minute\": 120 }, \"gold\": { \"requests-per-minute\": 9 }")));
        await _run.RunAsync("tenants", "set", "--tenant", "acme", "--inference", "gold", "--agents", "pro");
        await _run.RunAsync("tenants", "set-limit", "--tenant", "acme", "--api", "agents", "--policy", "crawl-per-hour", "--limit", "7");

        var without = await _run.FileAsync(PlansInForce.Embedded.Json.Replace("crawl-per-hour", "crawls-per-hour"));
        (await _run.RunAsync("plans", "apply", without)).ShouldBe(1);

        _run.Error.ShouldBe("""
            Tenant acme has the inference plan 'gold', which the file lacks. Keep the plan, or first run: FunctionsApi tenants set --tenant acme --inference <plan>
            Tenant acme has a limit of its own for the agents policy 'crawl-per-hour', which the file lacks. Keep the policy, or first run: FunctionsApi tenants set-limit --tenant acme --api agents --policy crawl-per-hour --limit default
            """);
        await _run.RunAsync("tenants", "set", "--tenant", "acme", "--inference", "none");
        await _run.RunAsync("tenants", "set-limit", "--tenant", "acme", "--api", "agents", "--policy", "crawl-per-hour", "--limit", "default");
        (await _run.RunAsync("plans", "apply", without)).ShouldBe(0);
    }

    [Fact]
    public async Task Broken_plans_in_the_store_are_told_of_and_can_be_replaced()
    {
        await _run.OnStoreAsync(store => store.PutAsync(
            "Plans",
            new(new("plans", "current"), new Dictionary<string, object> { ["Json"] = "{" }, PutCondition.None),
            Cancelled));

        (await _run.RunAsync("plans", "show")).ShouldBe(1);
        _run.Error.ShouldBe(
            "The plans in the store are refused: 1:2 the file ends before its JSON does. Restore its end, or close what is open. "
            + "The last good ones stay in force. Correct the file and run: FunctionsApi plans apply <file>");
        (await _run.RunAsync("plans", "apply", await _run.FileAsync(PlansInForce.Embedded.Json))).ShouldBe(0);
        (await _run.RunAsync("plans", "show")).ShouldBe(0);
    }
}
