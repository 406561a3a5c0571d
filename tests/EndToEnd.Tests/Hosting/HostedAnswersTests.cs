using System.Text.RegularExpressions;
using FunctionsApi.EndToEnd.Tests.Hosting.Double;
using FunctionsApi.EndToEnd.Tests.WrongInput;

namespace FunctionsApi.EndToEnd.Tests.Hosting;

/// <summary>
/// The published program answers behind a host what it answers without one: status, headers and body. Times, ids and figures
/// of four digits and more are left out.
/// </summary>
public sealed partial class HostedAnswersTests : IAsyncDisposable
{
    private const int Limit = 8;
    private const string Infer = """{"deployment_id":"echo","inputs":{"hello":"world"}}""";

    private static readonly (string Method, string Path, string Body)[] Requests =
    [
        ("POST", "/infer", Infer),
        ("POST", "/INFER", Infer),
        ("POST", "/infer", """{"deployment_id":"nobody's","inputs":{}}"""),
        ("POST", "/infer", "{"),
        ("POST", "/infer", ""),
        ("GET", "/infer", ""),
        ("OPTIONS", "/infer", ""),
        ("POST", "/infer/nowhere", "{}"),
        ("GET", "/api/v1", ""),
        ("GET", "/api/v1/nowhere", ""),
        ("POST", "/api/v1/ingestion/crawl", """{"url":"https://example.invalid/"}"""),
        ("GET", "/api/v1/ingestion/crawl/0", ""),
        ("GET", "/api/v1/knowledge/search?q=quota+and%20leases", ""),
        ("GET", "/Api/V1/Knowledge/Search?q=%C3%A4%26", ""),
        ("POST", "/api/v1/knowledge/synthesize", """{"question":"Why?"}"""),
        ("POST", "/api/v1/analytics/events", """{"name":"seen"}"""),
        ("GET", "/api/v1/analytics/summary", ""),
        ("PATCH", "/api/v1/usage", ""),
        ("GET", "/healthz", ""),
        ("HEAD", "/healthz", ""),
        ("POST", "/healthz", ""),
        ("GET", "/readyz", ""),
        ("GET", "/openapi/v1.json", ""),
        ("GET", "/dashboard/settings/usage", ""),
        ("HEAD", "/dashboard/settings/usage", ""),
        ("GET", "/dashboard/settings/usage/page.js", ""),
        ("GET", "/dashboard/settings/usage/nothing.js", ""),
        ("POST", "/dashboard/settings/usage", ""),
        .. Enumerable.Repeat(("POST", "/infer", Infer), Limit),
    ];

    private readonly Installation _installation = new();

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Theory]
    [InlineData(nameof(HostMode.Proxying))]
    [InlineData(nameof(HostMode.Forwarding))]
    public async Task Every_request_is_answered_as_without_a_host(string mode)
    {
        await _installation.ApplyPlansAsync(Plans.Sliding("1h", Limit));
        var direct = await AnswersAsync(await _installation.ServeAsync(), "alice");
        var hosted = await AnswersAsync(await _installation.ServeBehindHostAsync(Enum.Parse<HostMode>(mode)), "bob");

        direct[0].ShouldStartWith("200 ");
        direct[^1].ShouldStartWith("429 ");
        foreach (var (withHost, without) in hosted.Zip(direct))
            withHost.ShouldBe(without);
    }

    [Fact]
    public async Task What_the_older_mode_cannot_pass_on()
    {
        var key = await _installation.CreateKeyAsync();
        using var client = (await _installation.ServeBehindHostAsync(HostMode.Forwarding)).Client(key);
        using var proxied = (await _installation.ServeBehindHostAsync(HostMode.Proxying)).Client(key);

        (await StatusAsync(client, Chunked())).ShouldBe(HttpStatusCode.InternalServerError);
        (await StatusAsync(proxied, Chunked())).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(client, Encoded())).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(proxied, Encoded())).ShouldBe(HttpStatusCode.UnsupportedMediaType);
        (await StatusAsync(client, new(HttpMethod.Get, "/api/v1/knowledge/search?q=a&q=b"))).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(proxied, new(HttpMethod.Get, "/api/v1/knowledge/search?q=a&q=b"))).ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task No_client_can_call_a_function_that_a_timer_triggers()
    {
        var server = await _installation.ServeBehindHostAsync();
        foreach (var path in (string[])
            ["/sweep", "/SWEEP", "/sweep/", "//sweep", "/infer/../sweep", "/infer/%2e%2e/sweep", "/infer/..%2fsweep", "/api/v1/..%5c..%5csweep"])
        {
            var answer = await RawConnection.SendAsync(
                server.Address, $"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 11\r\n\r\n{{\"Data\":{{}}}}");
            answer.ShouldMatch("^HTTP/1.1 40[014] ", path);
        }

        server.Process.Output.ShouldNotContain("calls the function");
    }

    private async Task<List<string>> AnswersAsync(RunningServer server, string user)
    {
        using var known = server.Client(await _installation.CreateKeyAsync(user: user));
        using var unknown = server.Client();
        var answers = new List<string>();
        foreach (var (method, path, body) in Requests)
            answers.Add(await AnswerAsync(known, method, path, body));
        foreach (var (method, path, body) in Requests.Take(17))
            answers.Add(await AnswerAsync(unknown, method, path, body));
        answers.Add(await AnswerAsync(known, "POST", "/infer", Infer, "application/problem+json"));
        return answers;
    }

    private static async Task<string> AnswerAsync(HttpClient client, string method, string path, string body, string accept = "*/*")
    {
        using var request = new HttpRequestMessage(new(method), path);
        request.Headers.Accept.ParseAdd(accept);
        if (body.Length > 0)
            request.Content = new StringContent(body, mediaType: new("application/json"));
        using var answer = await client.SendAsync(request);
        var headers = answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated)
            .Where(header => header.Key != "Date")
            .OrderBy(header => header.Key, StringComparer.Ordinal)
            .Select(header => $"{header.Key}: {header.Value}");
        var text = $"{(int)answer.StatusCode} to {method} {path}\n{string.Join('\n', headers)}\n\n{await answer.Content.ReadAsStringAsync()}";
        return Variables().Replace(text, "N");
    }

    private static HttpRequestMessage Chunked() => new(HttpMethod.Post, "/infer")
    {
        Content = new StringContent(Infer, mediaType: new("application/json")),
        Headers = { TransferEncodingChunked = true },
    };

    private static HttpRequestMessage Encoded() => new(HttpMethod.Post, "/infer")
    {
        Content = new StringContent(Infer, mediaType: new("application/json")) { Headers = { { "Content-Encoding", "gzip" } } },
    };

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, HttpRequestMessage request)
    {
        using (request)
        using (var answer = await client.SendAsync(request))
            return answer.StatusCode;
    }

    [GeneratedRegex("(?<=Content-Length: )[0-9]+|[0-9-]{10}T[0-9:.]+Z|[0-9a-f]{16,}|[0-9]{4,}")]
    private static partial Regex Variables();
}
