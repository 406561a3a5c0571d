using System.Text.Json;

namespace FunctionsApi.EndToEnd.Tests.Seeds;

public sealed class InferenceClientTests : IAsyncDisposable
{
    private readonly Installation _installation = new();

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task Safe_infer_waits_once_and_gets_every_result()
    {
        var python = await Tool.PythonAsync();
        await _installation.ApplyPlansAsync(Plans.Sliding("5s", limit: 1));
        var (key, server) = (await _installation.CreateKeyAsync(), await _installation.ServeAsync());

        var script = await ClientScript.RunAsync(_installation, python, server, key, Snippet.SafeInfer, """
            import json, os
            session = requests.Session()
            headers = {"Authorization": "Bearer " + os.environ["KEY"]}
            for n in range(2):
                print(json.dumps(safe_infer(session, {"deployment_id": "echo", "inputs": {"n": n}}, headers)))
            """);

        var lines = script.Output.Split('\n');
        lines.Count(line => line.StartsWith("Rate limited. Retrying in", StringComparison.Ordinal)).ShouldBe(1, script.Account);
        lines.Where(line => line.StartsWith('{'))
            .Select(line => JsonElement.Parse(line).GetProperty("outputs").GetProperty("n").GetInt32())
            .ShouldBe([0, 1], script.Account);
    }

    [Fact]
    public async Task Curl_and_grep_show_the_three_headers()
    {
        var shell = await Tool.ShellWithCurlAsync();
        var key = await _installation.CreateKeyAsync(inference: "pro");
        await _installation.RunAsync("deployments", "set", "--tenant", "acme", "--id", "my-model", "--backend", "echo");
        var server = await _installation.ServeAsync();

        var script = await ClientScript.RunAsync(
            _installation, shell, server, key, "IMPULSE_API_KEY=$KEY", Snippet.Curl);

        var lines = script.Output.Split('\n', StringSplitOptions.TrimEntries);
        lines.Length.ShouldBe(3, script.Account);
        lines[0].ShouldBe("X-RateLimit-Limit: 120");
        lines[1].ShouldBe("X-RateLimit-Remaining: 119");
        lines[2].ShouldMatch(@"^X-RateLimit-Reset: \d{10}$");
    }
}
