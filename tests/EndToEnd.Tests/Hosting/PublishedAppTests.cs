using System.Text.Json;
using FunctionsApi.TestKit.Hosting;

namespace FunctionsApi.EndToEnd.Tests.Hosting;

/// <summary>What is published is a whole function app, and serves without a host as well.</summary>
public sealed class PublishedAppTests(PublishedApp app) : IClassFixture<PublishedApp>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("host.json")]
    [InlineData("worker.config.json")]
    [InlineData("functions.metadata")]
    [InlineData("extensions.json")]
    [InlineData("FunctionsApi.dll")]
    [InlineData(".azurefunctions/function.deps.json")]
    [InlineData(".azurefunctions/Microsoft.Azure.WebJobs.Extensions.DurableTask.dll")]
    [InlineData(".azurefunctions/Microsoft.Azure.WebJobs.Extensions.Storage.Queues.dll")]
    public void It_holds_what_the_host_reads(string file) => File.Exists(Path.Combine(app.Folder, file)).ShouldBeTrue(file);

    [Fact]
    public void It_holds_no_settings_of_this_machine() => File.Exists(Path.Combine(app.Folder, "local.settings.json")).ShouldBeFalse();

    [Fact]
    public async Task The_host_finds_in_its_files_the_functions_that_the_worker_tells()
    {
        var files = JsonElement.Parse(await File.ReadAllTextAsync(Path.Combine(app.Folder, "functions.metadata"), Cancel));
        await using var host = await FunctionsHost.StartAsync(app.Installation.HostOptions() with { AppDirectory = app.Folder });
        using var client = host.Client();

        (await client.GetAsync("/readyz", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        // Those of durable entities are left out with the ledger in the store.
        string[] ofEntities = ["quota", "quota-reset"];
        files.EnumerateArray().Select(function => function.GetProperty("name").GetString()).Except(ofEntities)
            .ShouldBe(host.Functions.Select(function => function.Name), ignoreOrder: true);
    }

    [Fact]
    public async Task It_serves_without_a_host()
    {
        var server = await RunningServer.WatchAsync(app.Installation.Start(
            Installation.Dotnet, [Path.Combine(app.Folder, "FunctionsApi.dll")], ("ASPNETCORE_ENVIRONMENT", "Production")));
        using var client = server.Client();

        (await client.GetAsync("/readyz", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
