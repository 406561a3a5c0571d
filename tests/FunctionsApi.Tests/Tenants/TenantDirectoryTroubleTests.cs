using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;
using FunctionsApi.Tenants;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Tenants;

/// <summary>What the directory does when plans or rows are broken, and when the store fails.</summary>
public sealed class TenantDirectoryTroubleTests : DirectoryTests
{
    private const string Broken = """{ "apis": { "inference": 1, "agents": 2 } }""";

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

    private async Task WriteRowAsync(string tenant, Dictionary<string, object> columns) =>
        await _store.PutAsync("Tenants", new(new("tenants", tenant), columns, PutCondition.None), Cancelled);
}
