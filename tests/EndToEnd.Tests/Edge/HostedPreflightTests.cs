using FunctionsApi.EndToEnd.Tests.Hosting;

namespace FunctionsApi.EndToEnd.Tests.Edge;

/// <summary>Behind the Functions host everything that meets a browser or an edge worker first is as it is alone.</summary>
public sealed class HostedPreflightTests : IAsyncDisposable
{
    private const string Page = "https://app.example.com";

    private readonly Installation _installation = new();

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task Preflights_HEAD_and_compressed_answers_are_as_without_the_host()
    {
        var server = await _installation.ServeAsync(("Cors__AllowedOrigins", Page));
        await using var host = await _installation.ServeBehindHostAsync(("Cors__AllowedOrigins", Page));
        using var alone = server.Client();
        using var hosted = host.Client();

        foreach (var (method, path, headers) in Requests)
        {
            var expected = await AnswerAsync(alone, method, path, headers);
            (await AnswerAsync(hosted, method, path, headers)).ShouldBe(expected, $"{method} {path}");
        }
    }

    private static (HttpMethod Method, string Path, (string Name, string Value)[] Headers)[] Requests =>
    [
        .. from path in (string[])["/infer", "/api/v1/analytics/events", "/api/v1/ingestion/crawl/1", "/nowhere"]
           from origin in (string[])[Page, "https://other.example"]
           select (HttpMethod.Options, path, ((string, string)[])
               [("Origin", origin), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization")]),
        (HttpMethod.Post, "/infer", [("Origin", Page)]),
        (HttpMethod.Get, "/healthz", [("Origin", Page)]),
        (HttpMethod.Head, "/api/v1/usage", []),
        (HttpMethod.Get, "/openapi/v1.json", [("Accept-Encoding", "br")]),
        (HttpMethod.Head, "/openapi/v1.json", [("Accept-Encoding", "gzip")]),
        (HttpMethod.Get, "/dashboard/settings/usage/page.js", [("Accept-Encoding", "gzip")]),
    ];

    /// <returns>Status, headers and body, but for those headers that each server has of its own.</returns>
    private static async Task<string> AnswerAsync(HttpClient client, HttpMethod method, string path, (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        var body = await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        var lines = answer.Headers.Concat(answer.Content.Headers)
            .Where(header => header.Key is not ("Date" or "Server" or "Transfer-Encoding"))
            .Select(header => $"{header.Key}: {string.Join(", ", header.Value)}");
        return $"{(int)answer.StatusCode}\n{string.Join('\n', lines.Order())}\n{Convert.ToHexString(body)}";
    }
}
