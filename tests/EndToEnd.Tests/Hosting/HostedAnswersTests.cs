using System.Text.RegularExpressions;

namespace FunctionsApi.EndToEnd.Tests.Hosting;

/// <summary>
/// The program answers behind the host what it answers alone: status, headers and body. Times, ids and figures of four digits
/// and more are left out, and <c>Server</c>, in which the host names itself.
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
        ("HEAD", "/infer", ""),
        ("PROPFIND", "/infer", ""),
        ("DELETE", "/api/v1/analytics/events", ""),
        ("GET", "/", ""),
        ("HEAD", "/", ""),
        ("POST", "/", ""),
        ("GET", "/nowhere", ""),
        ("POST", "/sweep", "{}"),
        ("POST", "/crawl", "{}"),
        ("POST", "/infer/", "{}"),
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

    [Fact]
    public async Task Every_request_is_answered_as_without_the_host()
    {
        await _installation.ApplyPlansAsync(Plans.Sliding("1h", Limit));
        var server = await _installation.ServeAsync();
        await using var host = await _installation.ServeBehindHostAsync();
        var alone = await AnswersAsync(() => server.Client(), "alice");
        var hosted = await AnswersAsync(() => host.Client(), "bob");

        alone[0].ShouldStartWith("200 ");
        alone[^1].ShouldStartWith("429 ");
        foreach (var (withHost, without) in hosted.Zip(alone))
            withHost.ShouldBe(without);
    }

    [Fact]
    public async Task What_is_streamed_to_the_host_is_read_and_what_is_too_long_is_refused_in_the_APIs_shape()
    {
        await using var host = await _installation.ServeBehindHostAsync();
        using var client = host.Client(await _installation.CreateKeyAsync());

        (await StatusAsync(client, Chunked(Infer))).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(client, Chunked(new string(' ', 2 * 1024 * 1024)))).ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await StatusAsync(client, new(HttpMethod.Get, "/api/v1/knowledge/search?q=a&q=b"))).ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Whoever_comes_past_the_host_is_told_where_to_go()
    {
        await using var host = await _installation.ServeBehindHostAsync();
        using var direct = new HttpClient { BaseAddress = host.Worker.Address };

        using var answer = await direct.PostJsonAsync("/infer", Infer);

        answer.StatusCode.ShouldBe(HttpStatusCode.MisdirectedRequest);
        (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))
            .ShouldBe($$"""{"valid":false,"error":"This port is for the Azure Functions host alone. Send the request to {{host.Address.ToString().TrimEnd('/')}}."}""");
    }

    [Fact]
    public async Task A_client_that_sends_the_hosts_own_header_is_told_to_leave_it_out()
    {
        await using var host = await _installation.ServeBehindHostAsync();
        using var client = host.Client(await _installation.CreateKeyAsync());
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/usage") { Headers = { { "x-ms-invocation-id", "123" } } };

        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    private async Task<List<string>> AnswersAsync(Func<HttpClient> connect, string user)
    {
        using var known = connect();
        known.DefaultRequestHeaders.Authorization = new("Bearer", (await _installation.CreateKeyAsync(user: user)).Text);
        using var unknown = connect();
        var answers = new List<string>();
        foreach (var (method, path, body) in Requests)
            answers.Add(await AnswerAsync(known, method, path, body));
        foreach (var (method, path, body) in Requests.Take(30))
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
            .Where(header => header.Key is not ("Date" or "Server"))
            .OrderBy(header => header.Key, StringComparer.Ordinal)
            .Select(header => $"{header.Key}: {header.Value}");
        var text = $"{(int)answer.StatusCode} to {method} {path}\n{string.Join('\n', headers)}\n\n{await answer.Content.ReadAsStringAsync()}";
        return Variables().Replace(text, "N");
    }

    private static HttpRequestMessage Chunked(string body) => new(HttpMethod.Post, "/infer")
    {
        Content = new StringContent(body, mediaType: new("application/json")),
        Headers = { TransferEncodingChunked = true },
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
