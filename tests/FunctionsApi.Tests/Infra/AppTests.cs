using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infra;

public sealed class AppTests
{
    [Fact]
    public async Task The_app_is_an_isolated_worker_on_the_runtime_that_the_program_is_built_for()
    {
        var properties = (await InfraFiles.ModuleAsync("app")).Resource("app")["properties"]!;
        properties["functionAppConfig"]!["runtime"]!.ToJsonString().ShouldBe($$"""{"name":"dotnet-isolated","version":"{{Environment.Version.ToString(2)}}"}""");
        properties["httpsOnly"]!.GetValue<bool>().ShouldBeTrue();
    }

    [Fact]
    public async Task The_package_is_read_by_the_identity_and_no_password_can_change_it()
    {
        var app = await InfraFiles.ModuleAsync("app");
        app.Resource("app")["properties"]!["functionAppConfig"]!["deployment"]!["storage"]!["authentication"]!["type"]!
            .GetValue<string>().ShouldBe("UserAssignedIdentity");
        foreach (var way in (string[])["app::noFtpPassword", "app::noScmPassword"])
            app.Resource(way)["properties"]!["allow"]!.GetValue<bool>().ShouldBeFalse();
    }

    [Theory]
    [InlineData("http")]
    [InlineData("durable")]
    public async Task Always_ready_instances_are_kept_for_each_scale_group(string scaleGroup)
    {
        var app = await InfraFiles.ModuleAsync("app");
        app.Resource("app")["properties"]!["functionAppConfig"]!["scaleAndConcurrency"]!["alwaysReady"]!.GetValue<string>().ShouldBe("[variables('alwaysReady')]");
        app.Variable("alwaysReady").GetValue<string>()
            .ShouldContain($"createObject('name', '{scaleGroup}', 'instanceCount', parameters('{scaleGroup}AlwaysReadyInstances'))");
    }
}
