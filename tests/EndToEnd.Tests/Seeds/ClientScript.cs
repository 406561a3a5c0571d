namespace FunctionsApi.EndToEnd.Tests.Seeds;

/// <summary>Runs a snippet, and after it the calls that a customer would write below it.</summary>
internal static class ClientScript
{
    /// <param name="installation">Where.</param>
    /// <param name="program">What runs it.</param>
    /// <param name="server">Its address is the snippet's host and the environment variable ADDRESS.</param>
    /// <param name="key">The environment variable KEY.</param>
    /// <param name="parts">The snippets and the calls.</param>
    /// <returns>The script when it has ended well.</returns>
    public static async Task<ChildProcess> RunAsync(
        Installation installation, string program, RunningServer server, ApiKey key, params string[] parts)
    {
        await WarmUpAsync(server, key);
        var address = server.Address.ToString().TrimEnd('/');
        var file = installation.PathOf("client");
        await File.WriteAllTextAsync(
            file, string.Join('\n', parts).Replace(Snippet.InferenceHost, address, StringComparison.Ordinal));

        var script = installation.Start(program, [file], ("ADDRESS", address), ("KEY", key.Text));
        (await script.ExitAsync()).ShouldBe(0, script.Account);
        return script;
    }

    // A server's first answers take long enough for a short window to end between them.
    private static async Task WarmUpAsync(RunningServer server, ApiKey key)
    {
        using var client = server.Client(key);
        foreach (var path in (string[])["/infer", "/api/v1/ingestion/crawl"])
            (await client.PostJsonAsync(path, "{}")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }
}
