using FunctionsApi.EndToEnd.Tests.Seeds;

namespace FunctionsApi.EndToEnd.Tests.Hosting;

/// <summary>Whoever follows the README to <c>func start</c>, and a customer of what is then there.</summary>
public sealed class HostedNewcomerTests : IAsyncDisposable
{
    private readonly Installation _installation = new();

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task With_the_sample_settings_there_are_keys_that_work()
    {
        await using var azurite = await Azurite.StartAsync();
        var server = await _installation.ServeBehindHostAsync(settings: HostedServer.Sample(azurite));
        var line = await server.Process.LineAsync("handler:   fa_");
        using var client = server.Client(new("demo", line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]));

        using var answer = await client.InferAsync();

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Remaining().ShouldBe(119);
    }

    [Fact]
    public async Task While_storage_is_away_the_host_is_answered_and_clients_wait()
    {
        await using var azurite = await Azurite.StartAsync();
        await azurite.StopAsync();
        var host = _installation.StartHost(settings: HostedServer.Sample(azurite));
        await host.LineAsync($"handler: The Azure Table Storage at {azurite.Endpoint} is not running.");
        var server = RunningServer.WatchAsync(host);

        await azurite.RestartAsync();

        using var client = (await server).Client();
        (await client.GetAsync("/readyz", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.OK);
        host.Output.ShouldNotContain("has ended");
    }

    [Fact]
    public async Task The_inference_documents_curl_line_works()
    {
        var shell = await Tool.ShellWithCurlAsync();
        var key = await _installation.CreateKeyAsync(inference: "pro");
        await _installation.RunAsync("deployments", "set", "--tenant", "acme", "--id", "my-model", "--backend", "echo");

        var script = await ClientScript.RunAsync(
            _installation, shell, await _installation.ServeBehindHostAsync(), key, "IMPULSE_API_KEY=$KEY", Snippet.Curl);

        script.Output.ShouldContain("X-RateLimit-Limit: 120", customMessage: script.Account);
    }

    [Fact]
    public async Task The_agents_documents_client_waits_once_and_is_answered()
    {
        var python = await Tool.PythonAsync();
        await _installation.ApplyPlansAsync(Plans.Sliding("2s", limit: 3));

        var script = await ClientScript.RunAsync(
            _installation, python, await _installation.ServeBehindHostAsync(), await _installation.CreateKeyAsync(), Snippet.FetchWithRetryInPython, """
            import os
            headers = {"Authorization": "Bearer " + os.environ["KEY"]}
            for n in range(4):
                print(fetch_with_retry(os.environ["ADDRESS"] + "/api/v1/knowledge/search?q=quota", headers).status_code)
            """);

        script.Output.Split('\n').Where(line => line.Length == 3).ShouldBe(["200", "200", "200", "200"], customMessage: script.Account);
    }
}
