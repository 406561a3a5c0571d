namespace FunctionsApi.EndToEnd.Tests.Hosting;

public sealed class PublishTests : IAsyncDisposable
{
    private readonly Installation _installation = new();

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task What_is_published_to_bin_is_made_an_app_root_that_the_host_can_start()
    {
        var root = _installation.PathOf("app");
        var repository = HostedServer.Built("RepositoryRoot");
        // What was built already, and only copied now.
        var publish = _installation.Start(Installation.Dotnet,
            ["publish", Path.Combine(repository, "src", "FunctionsApi"), "--no-build", "--configuration", HostedServer.Built("Configuration"),
             "--output", Path.Combine(root, "bin"), "-nodeReuse:false"],
            ("MSBUILDUSESERVER", "0"));
        (await publish.ExitAsync()).ShouldBe(0, publish.Account);

        FilesOutsideBin(root).ShouldBe(
            ["host.json", .. Directory.EnumerateDirectories(repository).Where(folder => File.Exists(Path.Combine(folder, "function.json")))
                .Select(folder => $"{Path.GetFileName(folder)}/function.json")], ignoreOrder: true);
        var server = await RunningServer.WatchAsync(_installation.StartHostIn(root));
        using var client = server.Client(await _installation.CreateKeyAsync());
        (await client.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static IEnumerable<string> FilesOutsideBin(string root) =>
        Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(root, file).Replace('\\', '/'))
            .Where(file => !file.StartsWith("bin/", StringComparison.Ordinal));
}
