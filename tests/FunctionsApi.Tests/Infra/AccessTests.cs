using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infra;

/// <summary>Who may do what, and through which version of Azure's interface it is all made: as infra/README.md explains.</summary>
public sealed class AccessTests
{
    [Fact]
    public async Task Every_role_is_explained()
    {
        var templates = await InfraFiles.TemplatesAsync();
        var used = templates.Files.Values.SelectMany(file => file.Variables)
            .Select(variable => variable.Value?.ToString()).Where(value => Guid.TryParse(value, out _));
        Explained(code => Guid.TryParse(code, out _)).Select(row => row[0]).ShouldBe(used, ignoreOrder: true);
    }

    [Fact]
    public async Task A_kind_of_resource_has_one_version_and_it_is_explained()
    {
        var used =
            from file in (await InfraFiles.TemplatesAsync()).Files.Values
            from resource in file.Resources
            select $"{string.Join('/', resource.Type.Split('/')[..2])} {resource.ApiVersion}";
        Explained(code => code.StartsWith("Microsoft.", StringComparison.Ordinal)).Select(row => $"{row[0]} {row[1]}")
            .ShouldBe(used.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_app_is_a_custom_handler_that_is_reached_by_https_alone()
    {
        var properties = (await InfraFiles.TemplatesAsync()).Resource("modules/app.bicep", "app").Body["properties"]!;
        properties["httpsOnly"]!.GetValue<bool>().ShouldBeTrue();
        properties["functionAppConfig"]!["runtime"]!.ToJsonString().ShouldBe("""{"name":"custom","version":"1.0"}""");
        properties["functionAppConfig"]!["deployment"]!["storage"]!["authentication"]!["type"]!.GetValue<string>().ShouldBe("UserAssignedIdentity");
    }

    [Fact]
    public async Task Telemetry_takes_a_sign_in() =>
        (await InfraFiles.TemplatesAsync()).Resource("modules/monitoring.bicep", "insights").Body["properties"]!["DisableLocalAuth"]!
            .GetValue<bool>().ShouldBeTrue();

    private static string[][] Explained(Func<string, bool> code)
    {
        string[][] rows = [.. InfraFiles.Readme.RowsAbout(code)];
        rows.Select(row => row[^1]).ShouldNotContain("");
        return rows;
    }
}
