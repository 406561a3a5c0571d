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
        var service = (await InfraFiles.AzureYamlAsync())["services"]!.AsObject().Single();
        service.Key.ShouldBe((await InfraFiles.TemplatesAsync()).Variable("main.bicep", "serviceName").GetValue<string>());
        service.Value!["host"]!.GetValue<string>().ShouldBe("function");
        Path.Exists(Path.Combine(Document.Repository, service.Value!["project"]!.GetValue<string>())).ShouldBeTrue();
    }

    [Fact]
    public async Task The_templates_are_where_azd_looks()
    {
        var infra = (await InfraFiles.AzureYamlAsync())["infra"]!;
        infra["provider"]!.GetValue<string>().ShouldBe("bicep");
        Path.GetFullPath(Path.Combine(Document.Repository, infra["path"]!.GetValue<string>())).ShouldBe(InfraFiles.Folder);
    }

    [Fact]
    public async Task Every_hook_runs_on_every_system_and_what_it_runs_exists()
    {
        foreach (var (name, hook) in (await InfraFiles.AzureYamlAsync())["hooks"]!.AsObject())
        {
            hook!["posix"]!["shell"]!.GetValue<string>().ShouldBe("sh", name);
            hook["windows"]!["shell"]!.GetValue<string>().ShouldBe("pwsh", name);
            foreach (var system in (string[])["posix", "windows"])
                File.Exists(Path.Combine(Document.Repository, hook[system]!["run"]!.GetValue<string>().Split(' ')[^1])).ShouldBeTrue($"{name} {system}");
        }
    }

    [Fact]
    public async Task The_package_that_is_deployed_is_the_one_that_is_made()
    {
        var yaml = await InfraFiles.AzureYamlAsync();
        var package = PackagePattern().Match(await File.ReadAllTextAsync(
            Path.Combine(InfraFiles.Folder, "hooks", "Package.cs"), TestContext.Current.CancellationToken)).Groups[1].Value;
        var service = yaml["services"]!.AsObject().Single();
        var deploy = $"deploy {service.Key} --from-package {package}";

        yaml["workflows"]!["up"]!["steps"]!.AsArray().Select(step => step!["azd"]!.GetValue<string>()).ShouldBe(["provision", deploy]);
        foreach (var system in (string[])["posix", "windows"])
            service.Value!["hooks"]!["prepackage"]![system]!["run"]!.GetValue<string>().ShouldContain($"azd {deploy}\"");
        InfraFiles.Readme.ShellLines.ShouldContain($"azd {deploy}");
    }

    [Fact]
    public async Task Hooks_use_no_variable_but_parameters_and_outputs()
    {
        var templates = await InfraFiles.TemplatesAsync();
        string[] known =
        [
            .. templates.Main.Outputs.Select(output => output.Name),
            .. InfraFiles.ParametersFile().Select(given => ParameterPattern().Match(given.Value!["value"]!.GetValue<string>()).Groups[1].Value),
        ];
        foreach (var hook in (string[])["preprovision.sh", "postprovision.sh", "preprovision.ps1", "postprovision.ps1"])
        {
            var text = await File.ReadAllTextAsync(Path.Combine(InfraFiles.Folder, "hooks", hook), TestContext.Current.CancellationToken);
            var used = UsedVariablePattern().Matches(text).Select(match => match.Groups[1].Value).Distinct().ToArray();
            used.ShouldNotBeEmpty(hook);
            used.Except(["AZURE_TOKEN_CREDENTIALS"]).ShouldBeSubsetOf(known, hook);
        }
    }

    [GeneratedRegex(@"const string Package = ""([^""]+)""")]
    private static partial Regex PackagePattern();

    [GeneratedRegex(@"^\$\{([A-Z_]+)")]
    private static partial Regex ParameterPattern();

    [GeneratedRegex(@"\$(?:\{|env:)([A-Z][A-Z_]+)\b")]
    private static partial Regex UsedVariablePattern();
}
