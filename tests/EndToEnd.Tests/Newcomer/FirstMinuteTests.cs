namespace FunctionsApi.EndToEnd.Tests.Newcomer;

/// <summary>What a newcomer does in the first minute after cloning the repository.</summary>
public sealed class FirstMinuteTests : IAsyncDisposable
{
    private readonly Installation _installation = new();

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task Dotnet_run_prints_curl_lines_that_work_when_pasted()
    {
        Assert.SkipUnless(Built.Configuration == "Debug", "dotnet run builds for debugging.");
        var shell = await Tool.ShellWithCurlAsync();
        var project = Path.Combine(Built.RepositoryRoot, "src", "FunctionsApi");
        var server = await RunningServer.WatchAsync(
            _installation.Start(Installation.Dotnet, ["run", "--no-build", "--project", project]));

        var infer = await PasteAsync(shell, await server.Process.LineAsync("  curl -i http"));
        infer[0].ShouldBe("HTTP/1.1 200 OK");
        infer.ShouldContain("X-RateLimit-Limit: 120");
        infer.ShouldContain("X-RateLimit-Remaining: 119");
        infer.ShouldContain(line => line.StartsWith("X-RateLimit-Reset: ", StringComparison.Ordinal));
        infer.ShouldContain("""RateLimit-Policy: "requests-per-minute";q=120;w=60""");
        infer[^1].ShouldBe("""{"valid":true,"deployment_id":"echo","outputs":{"hello":"world"}}""");

        var search = await PasteAsync(shell, await server.Process.LineAsync("  curl -i 'http"));
        search[0].ShouldBe("HTTP/1.1 200 OK");
        search.ShouldContain("X-RateLimit-Limit: 1000");
        search.ShouldContain("X-RateLimit-Remaining: 999");
    }

    [Fact]
    public async Task A_server_that_is_not_in_development_makes_no_keys()
    {
        var server = await _installation.ServeAsync();

        server.Process.Output.ShouldNotContain("fa_");
        (await _installation.AskAsync("keys", "list", "--tenant", "demo")).GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_new_key_works_at_once_on_a_running_server()
    {
        var server = await _installation.ServeAsync();
        using var client = server.Client(await _installation.CreateKeyAsync());

        (await client.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Keys_are_listed_by_id_and_prefix_and_never_whole()
    {
        var key = await _installation.CreateKeyAsync();

        foreach (var list in (string[])
            [await _installation.RunAsync("keys", "list", "--tenant", "acme"),
             await _installation.RunAsync("keys", "list", "--tenant", "acme", "--json")])
        {
            list.ShouldContain(key.Id);
            list.ShouldContain(key.Text[..6]);
            list.ShouldNotContain(key.Text[..12]);
        }
    }

    private async Task<string[]> PasteAsync(string shell, string line)
    {
        var curl = _installation.Start(shell, ["-c", line]);
        (await curl.ExitAsync()).ShouldBe(0, curl.Account);
        return curl.Output.Split('\n');
    }
}
