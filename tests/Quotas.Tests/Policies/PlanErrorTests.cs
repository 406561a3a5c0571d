using FunctionsApi.Quotas.Policies;
using Shouldly;
using Xunit;

namespace FunctionsApi.Quotas.Tests.Policies;

/// <summary>
/// What each mistake in a plan file is answered with. <c>plan-errors.txt</c> has a block for each rule: a piece of the
/// good file <c>=&gt;</c> what stands there instead, then every error, whole.
/// </summary>
public sealed class PlanErrorTests
{
    public static TheoryData<string, string, string> Rules =>
        [.. Resource.Read("plan-errors.txt").TrimEnd().Split("\n\n").Select(RuleOf)];

    [Theory]
    [MemberData(nameof(Rules))]
    public void Each_mistake_is_reported_with_its_place_and_a_remedy(string piece, string mistake, string errors) =>
        ErrorsOf(GoodPlans.With(piece, mistake)).ShouldBe(errors);

    [Theory]
    [InlineData("", "1:1 the file is empty. Start from infra/plans.json.")]
    [InlineData("\r\n\t ", "1:1 the file is empty. Start from infra/plans.json.")]
    [InlineData("[]", "1:1 an array stands here. Write an object with apis.")]
    [InlineData("{\n  \"apis\": {", "2:12 the file ends before its JSON does. Restore its end, or close what is open.")]
    [InlineData("{} x", "1:4 not JSON: 'x' is invalid after a single JSON value. Correct the text here or just before.")]
    [InlineData("{}", "1:1 \"apis\" is missing. Add \"apis\": {…}.")]
    [InlineData("{\"apis\": 1}", "1:10 apis: a number stands here. Write an object with inference, agents.")]
    [InlineData("// plans", "1:1 not JSON: '/' is an invalid start of a value. Correct the text here or just before.")]
    public void A_file_that_is_no_plan_file_is_refused(string file, string errors) => ErrorsOf(file).ShouldBe(errors);

    [Fact]
    public void An_api_without_policies_and_plans_is_refused() =>
        ErrorsOf("""{ "apis": { "inference": {}, "agents": { "policies": [], "plans": [] } } }""").ShouldBe("""
            1:26 apis.inference: "policies" is missing. Add "policies": […].
            1:26 apis.inference: "plans" is missing. Add "plans": {…}.
            1:54 apis.agents.policies: there is no policy, so nothing would be limited. Add one, as in infra/plans.json.
            1:67 apis.agents.plans: an array stands here. Write an object of plans by name.
            """);

    [Fact]
    public void A_set_of_more_policies_than_a_decision_can_hold_is_refused()
    {
        var policies = string.Join(", ", Enumerable.Range(0, 9).Select(i => $$"""{ "name": "p{{i}}", "algorithm": "sliding-window", "window": "60s" }"""));

        ErrorsOf(GoodPlans.With("""{ "name": "per-minute", "algorithm": "sliding-window", "window": "60s" }""", policies))
            .ShouldStartWith("5:537 apis.inference.policies[8]: 9 policies are more than an API can have. Keep 8 at most.\n");
    }

    [Fact]
    public void Every_error_of_a_file_is_reported_at_once_in_the_order_of_the_file()
    {
        var file = GoodPlans.With("60s", "60 s").Replace("\"team\": { \"per-minute\": 300 }", "\"team\": { \"per-minute\": -1 }")
            .Replace("1000, \"in-flight\": 10", "1000, \"in-flite\": 10");

        ErrorsOf(file).ShouldBe("""
            5:74 apis.inference.policies[0].window: "60 s" is not a length of time. Write whole seconds, minutes, hours or days, such as "60s", "15m", "1h" or "24h".
            9:33 apis.inference.plans.team.per-minute: -1 is below 0. Write a whole number from 0 to 1000000000, "per-tenant" or {"limit": 1000, "shadow": true}.
            23:17 apis.agents.plans.free: the plan has no limit for "in-flight". Add "in-flight": 1000, or "in-flight": "per-tenant".
            23:37 apis.agents.plans.free.in-flite: no policy has this name. Did you mean "in-flight"?
            """);
    }

    [Fact]
    public void Columns_count_characters_and_not_bytes() =>
        ErrorsOf("{ \"ä€\": 1, \"x\": 2 }").ShouldBe("""
            1:1 "apis" is missing. Add "apis": {…}.
            1:3 ä€: unknown member. Known members: apis.
            1:12 x: unknown member. Known members: apis.
            """);

    [Fact]
    public void Bytes_that_are_not_text_are_refused_where_they_stand() =>
        PlanCatalog.Parse([(byte)'{', (byte)'\n', (byte)' ', 0xff]).Errors.ShouldHaveSingleItem().ToString()
            .ShouldBe("2:2 the file is not UTF-8 text. Save it as UTF-8.");

    [Fact]
    public void Escapes_that_make_no_character_are_refused() =>
        ErrorsOf(GoodPlans.With("\"1h\"", "\"\\ud800\""))
            .ShouldStartWith("15:70 apis.agents.policies[0].window: the \\u escapes in this text make no character. Write plain letters.\n");

    [Fact]
    public void A_file_that_no_table_column_could_hold_is_refused() =>
        ErrorsOf(GoodPlans.Json + new string(' ', PlanCatalog.MaxBytes))
            .ShouldBe($"1:1 the file has {GoodPlans.Json.Length + PlanCatalog.MaxBytes} bytes. Keep it to 262144 bytes.");

    [Fact]
    public void Deep_nesting_is_refused() =>
        ErrorsOf(new string('[', 10_000))
            .ShouldBe("1:17 not JSON: The maximum configured depth of 16 has been exceeded. Correct the text here or just before.");

    [Fact]
    public void Names_that_would_upset_a_terminal_are_shown_without_their_control_characters() =>
        ErrorsOf(GoodPlans.With("\"60s\"", "\"\\u001b[2J\""))
            .ShouldStartWith("5:74 apis.inference.policies[0].window: \"?[2J\" is not a length of time.");

    private static string ErrorsOf(string file) => string.Join('\n', PlanCatalog.Parse(file).Errors);

    private static TheoryDataRow<string, string, string> RuleOf(string block)
    {
        var lines = block.Split('\n');
        var change = lines[0].Split("=>", StringSplitOptions.TrimEntries);
        return new(change[0], change[1], string.Join('\n', lines[1..].Select(line => line.Trim())));
    }
}
