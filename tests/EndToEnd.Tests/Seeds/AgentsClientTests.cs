namespace FunctionsApi.EndToEnd.Tests.Seeds;

public sealed class AgentsClientTests : IAsyncDisposable
{
    private const string Crawl = """
        const headers = { Authorization: `Bearer ${process.env.KEY}`, "Content-Type": "application/json" };
        const crawl = [`${process.env.ADDRESS}/api/v1/ingestion/crawl`,
          { method: "POST", headers, body: JSON.stringify({ url: "https://example.invalid/" }) }];
        """;

    private readonly Installation _installation = new();

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task Fetch_with_retry_in_JavaScript_waits_once_and_is_answered()
    {
        var script = await RunAsync(await Tool.NodeAsync(), Plans.Sliding("5s", limit: 1), Snippet.FetchWithRetry, Crawl, """
            (async () => {
              for (let n = 0; n < 2; n++) console.log((await fetchWithRetry(...crawl)).status);
            })();
            """);

        script.Output.Split('\n').ShouldBe(["202", "202"], script.Account);
        script.Errors.Split('\n').ShouldHaveSingleItem(script.Account).ShouldStartWith("Rate limited. Retrying in ");
        script.Errors.ShouldEndWith("(attempt 1/3)");
    }

    [Fact]
    public async Task Fetch_with_retry_in_JavaScript_gives_up_after_its_last_retry()
    {
        var script = await RunAsync(await Tool.NodeAsync(), Plans.Sliding("5s", limit: 1), Snippet.FetchWithRetry, Crawl, """
            (async () => {
              await fetchWithRetry(...crawl);
              await fetchWithRetry(...crawl, 0).catch(error => console.log(error.message));
            })();
            """);

        script.Output.ShouldBe("Rate limit exceeded after maximum retries", script.Account);
    }

    [Fact]
    public async Task Fetch_with_retry_in_Python_waits_once_and_is_answered()
    {
        var script = await RunAsync(await Tool.PythonAsync(), Plans.Sliding("5s", limit: 1), Snippet.FetchWithRetryInPython, """
            import os
            headers = {"Authorization": "Bearer " + os.environ["KEY"]}
            for n in range(2):
                print(fetch_with_retry(os.environ["ADDRESS"] + "/api/v1/knowledge/search?q=quota", headers).status_code)
            """);

        var lines = script.Output.Split('\n');
        lines.Where(line => line.Length == 3).ShouldBe(["200", "200"], script.Account);
        lines.Where(line => line.Length > 3).ShouldHaveSingleItem(script.Account).ShouldStartWith("Rate limited. Retrying in ");
    }

    [Fact]
    public async Task Who_checks_the_rate_limit_after_each_answer_is_never_refused()
    {
        var script = await RunAsync(await Tool.NodeAsync(), Plans.Fixed("2s", limit: 1), Snippet.CheckRateLimit, Crawl, """
            (async () => {
              for (let n = 0; n < 4; n++) {
                const answer = await fetch(...crawl);
                await checkRateLimit(answer);
                console.log(answer.status);
              }
            })();
            """);

        script.Output.Split('\n').ShouldBe(["202", "202", "202", "202"], script.Account);
        // Not four times where the first answer came as its window ended.
        script.Errors.ShouldStartWith("Rate limit nearly exhausted. 0 remaining. Waiting ", customMessage: script.Account);
    }

    private async Task<ChildProcess> RunAsync(string program, string plans, params string[] parts)
    {
        await _installation.ApplyPlansAsync(plans);
        var key = await _installation.CreateKeyAsync();
        return await ClientScript.RunAsync(_installation, program, await _installation.ServeAsync(), key, parts);
    }
}
