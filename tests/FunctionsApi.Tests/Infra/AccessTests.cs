using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infra;

/// <summary>Who may do what.</summary>
public sealed partial class AccessTests
{
    // https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
    private const string BlobDataOwner = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b";
    private const string QueueDataContributor = "974c5e8b-45b9-4653-ba55-5f855dd0fb88";
    private const string TableDataContributor = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3";
    private const string MetricsPublisher = "3913510d-42f4-4e42-8a64-420c390055eb";

    [Fact]
    public async Task The_app_may_use_blobs_queues_and_tables_and_send_telemetry() =>
        (await RolesOfAsync("appPrincipalId")).ShouldBe([BlobDataOwner, QueueDataContributor, TableDataContributor, MetricsPublisher]);

    [Fact]
    public async Task Who_deploys_may_use_tables_and_nothing_else() =>
        (await RolesOfAsync("operatorPrincipalId")).ShouldBe([TableDataContributor]);

    [Fact]
    public async Task Every_role_is_explained()
    {
        string[] used = [.. await RolesOfAsync("appPrincipalId"), .. await RolesOfAsync("operatorPrincipalId")];
        var rows = InfraFiles.Readme.RowsAbout(code => Guid.TryParse(code, out _)).ToArray();
        rows.Select(row => row[0]).ShouldBe(used.Distinct(), ignoreOrder: true);
        rows.Select(row => row[^1]).ShouldNotContain("");
    }

    [Fact]
    public async Task Telemetry_takes_a_sign_in() =>
        (await InfraFiles.ModuleAsync("monitoring")).Resource("insights")["properties"]!["DisableLocalAuth"]!.GetValue<bool>().ShouldBeTrue();

    private static async Task<string[]> RolesOfAsync(string principal)
    {
        var template = await InfraFiles.ModuleAsync("roles");
        return
        [
            .. from assignment in template.Json["resources"]!.AsArray()
               where assignment!["properties"]!["principalId"]!.GetValue<string>() == $"[parameters('{principal}')]"
               from role in VariablesIn(assignment["properties"]!["roleDefinitionId"]!)
               from id in Ids(template, template.Variable(role))
               select id,
        ];
    }

    // A variable is an id, the name of another, or a list of these.
    private static IEnumerable<string> Ids(Template template, JsonNode value) => value is JsonArray list
        ? list.SelectMany(one => Ids(template, one!))
        : VariablesIn(value).SelectMany(name => Ids(template, template.Variable(name))).DefaultIfEmpty(value.GetValue<string>());

    private static IEnumerable<string> VariablesIn(JsonNode expression) =>
        VariablePattern().Matches(expression.GetValue<string>()).Select(match => match.Groups[1].Value);

    [GeneratedRegex(@"variables\('(\w+)'\)")]
    private static partial Regex VariablePattern();
}
