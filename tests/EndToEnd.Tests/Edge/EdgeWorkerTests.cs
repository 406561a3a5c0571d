namespace FunctionsApi.EndToEnd.Tests.Edge;

/// <summary>A worker in workerd, the runtime of Cloudflare's edge.</summary>
public sealed class EdgeWorkerTests : IAsyncDisposable
{
    private const string Worker = """
        export default {
          async fetch(request, env) {
            return new Response(await callApi(env.ADDRESS, env.KEY));
          },
        };
        """;

    private readonly Installation _installation = new();

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task An_edge_worker_infers_and_sends_events_with_the_contracts_own_client()
    {
        var node = await Tool.NodeWithAsync("miniflare", EdgeClient.PathOf(""));
        await _installation.ApplyPlansAsync(EdgeClient.Plans);
        var key = await _installation.CreateKeyAsync();
        var server = await _installation.ServeAsync();
        var module = _installation.PathOf("worker.mjs");
        await File.WriteAllTextAsync(module, $"{EdgeClient.Script}\n{Worker}", TestContext.Current.CancellationToken);

        var run = _installation.Start(
            node, [EdgeClient.PathOf("run.cjs"), module], ("ADDRESS", server.Address.ToString().TrimEnd('/')), ("KEY", key.Text));

        (await run.ExitAsync()).ShouldBe(0, run.Account);
        run.Output.Split('\n').Where(line => line.StartsWith("infer", StringComparison.Ordinal) || line.StartsWith("events", StringComparison.Ordinal))
            .ShouldBe(EdgeClient.Expected, run.Account);
        // It was told when to come back, and how much is left.
        run.Account.ShouldContain("Rate limited. Retrying in ");
        run.Account.ShouldContain("Rate limit nearly exhausted. 1 remaining. Waiting ");
    }
}
