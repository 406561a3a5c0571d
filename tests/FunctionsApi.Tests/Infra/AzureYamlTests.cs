using System.Text.RegularExpressions;
using FunctionsApi.Tests.Docs;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infra;

public sealed partial class AzureYamlTests
{
    [Fact]
    public async Task The_service_is_the_one_that_the_app_is_tagged_with()
    {
        var service = InfraFiles.AzureYaml()["services"]!.AsObject().Single();
        service.Key.ShouldBe((await InfraFiles.TemplateAsync()).Variable("serviceName").GetValue<string>());
        service.Value!.ToJsonString().ShouldBe("""{"project":"src/FunctionsApi","language":"dotnet","host":"function"}""");
        // azd takes the one project file there is.
        Directory.GetFiles(Path.Combine(Document.Repository, "src", "FunctionsApi"), "*.*proj").ShouldHaveSingleItem();
    }

    [Fact]
    public void The_templates_are_where_azd_looks() =>
        InfraFiles.AzureYaml()["infra"]!.ToJsonString().ShouldBe("""{"provider":"bicep","path":"infra"}""");

    [Fact]
    public async Task Every_hook_is_a_file_that_uses_no_variable_but_outputs_of_the_template()
    {
        var outputs = (await InfraFiles.TemplateAsync()).Outputs;
        foreach (var (name, hook) in InfraFiles.AzureYaml()["hooks"]!.AsObject())
        {
            var file = Path.Combine(Document.Repository, hook!["run"]!.GetValue<string>());
            var used = VariablePattern().Matches(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).Select(match => match.Groups[1].Value);
            used.ShouldNotBeEmpty(name);
            used.ShouldBeSubsetOf(outputs, name);
        }
    }

    [GeneratedRegex(@"GetEnvironmentVariable\(""(\w+)""\)")]
    private static partial Regex VariablePattern();
}
