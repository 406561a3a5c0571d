using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FunctionsApi.Settings;
using FunctionsApi.Tests.Infer;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents;

public sealed class UpstreamTests : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _running = [];
    private HttpClient? _client;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        foreach (var running in Enumerable.Reverse(_running))
            await running.DisposeAsync();
    }

    [Fact]
    public async Task A_request_goes_on_below_the_area_with_its_method_query_and_body()
    {
        var received = "";
        var client = await StartAsync("Ingestion", async http =>
        {
            received = $"{http.Request.Method} {http.Request.Path}{http.Request.QueryString} {http.Request.ContentType} {await new StreamReader(http.Request.Body).ReadToEndAsync()}";
            http.Response.StatusCode = 202;
            http.Response.Headers.Location = "/api/v1/ingestion/crawl/7";
        });

        var response = await client.PostAsync("/api/v1/ingestion/crawl?a=1&b=%20", new StringContent("not even JSON", null, "text/x"), Cancel);

        received.ShouldBe("POST /predict/crawl?a=1&b=%20 text/x; charset=utf-8 not even JSON");
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        response.Headers.Location!.OriginalString.ShouldBe("/api/v1/ingestion/crawl/7");
        response.Headers.GetValues("X-RateLimit-Limit").ShouldBe(["10"]);
        response.Headers.GetValues("RateLimit").Single().ShouldContain("\"crawl-per-hour\";r=9;");
    }

    [Fact]
    public async Task The_upstream_is_told_who_calls_and_never_by_what_credential()
    {
        IHeaderDictionary sent = new HeaderDictionary();
        var client = await StartAsync("Knowledge", http =>
        {
            sent = new HeaderDictionary(http.Request.Headers.ToDictionary());
            return Task.CompletedTask;
        }, secret: "between-us");
        client.DefaultRequestHeaders.Add("X-Tenant-Id", "somebody-else");
        client.DefaultRequestHeaders.Add("Cookie", "a=b");

        await client.GetAsync("/api/v1/knowledge/search?q=x", Cancel);

        sent["X-Tenant-Id"].ToString().ShouldBe("acme");
        sent["X-User-Id"].ToString().ShouldBe("alice");
        sent["X-Key-Id"].ToString().Length.ShouldBe(16);
        sent.Authorization.ToString().ShouldBe("Bearer between-us");
        sent.ContainsKey("Cookie").ShouldBeFalse();
        sent.Values.ShouldAllBe(value => !value.ToString().Contains("fa_"));
    }

    [Fact]
    public async Task Of_the_answer_nothing_passes_that_is_ours_to_say()
    {
        var client = await StartAsync("Analytics", async http =>
        {
            http.Response.Headers["X-RateLimit-Remaining"] = "7";
            http.Response.Headers.SetCookie = "a=b";
            http.Response.Headers.Server = "inside/1";
            http.Response.Headers.ETag = "\"v1\"";
            http.Response.Headers.CacheControl = "private, max-age=60";
            http.Response.Headers.Location = "http://10.0.0.1/";
            await http.Response.WriteAsync("{}");
        });

        var response = await client.GetAsync("/api/v1/analytics/summary", Cancel);

        response.Headers.ETag!.Tag.ShouldBe("\"v1\"");
        response.Headers.CacheControl!.ToString().ShouldBe("max-age=60, private");
        response.Headers.GetValues("X-RateLimit-Remaining").ShouldBe(["999"]);
        response.Headers.Contains("Set-Cookie").ShouldBeFalse();
        response.Headers.Location.ShouldBeNull();
        response.Headers.Server.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_client_that_has_the_answer_gets_the_upstreams_304()
    {
        var client = await StartAsync("Knowledge", http =>
        {
            http.Response.StatusCode = http.Request.Headers.IfNoneMatch == "\"v1\"" ? 304 : 200;
            return Task.CompletedTask;
        });
        client.DefaultRequestHeaders.IfNoneMatch.Add(new("\"v1\""));

        (await client.GetAsync("/api/v1/knowledge/search?q=x", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    [Fact]
    public async Task The_answer_arrives_piece_by_piece_as_the_upstream_gives_it()
    {
        var goOn = new TaskCompletionSource();
        var client = await StartAsync("Knowledge", async http =>
        {
            http.Response.ContentType = "text/event-stream";
            await http.Response.WriteAsync("data: 1\n\n");
            await http.Response.Body.FlushAsync();
            await goOn.Task;
            await http.Response.WriteAsync("data: 2\n\n");
        });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/knowledge/synthesize") { Content = new StringContent("{}") };

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancel));
        (await reader.ReadLineAsync(Cancel)).ShouldBe("data: 1");
        goOn.SetResult();
        (await reader.ReadToEndAsync(Cancel)).ShouldContain("data: 2");
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    public async Task A_failure_of_the_upstream_is_a_502_in_our_shape_and_without_its_words(int status)
    {
        var client = await StartAsync("Knowledge", http =>
        {
            http.Response.StatusCode = status;
            return http.Response.WriteAsync("at Inside.Of.It() in /srv/secret.cs:line 7");
        });

        var response = await client.GetAsync("/api/v1/knowledge/search?q=x", Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await response.Content.ReadAsStringAsync(Cancel)).ShouldBe(
            $$"""{"error":"upstream_failed","message":"The service behind this endpoint answered with status {{status}}.","statusCode":502}""");
        response.Headers.GetValues("X-RateLimit-Remaining").ShouldBe(["999"]);
    }

    [Fact]
    public async Task A_refusal_of_the_upstream_is_passed_on()
    {
        var client = await StartAsync("Knowledge", http =>
        {
            http.Response.StatusCode = 404;
            return http.Response.WriteAsync("""{"error":"no_such_thing"}""");
        });

        var response = await client.GetAsync("/api/v1/knowledge/search?q=x", Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await response.Content.ReadAsStringAsync(Cancel)).ShouldBe("""{"error":"no_such_thing"}""");
    }

    [Fact]
    public async Task An_upstream_that_is_down_is_a_502_in_our_shape()
    {
        var client = await StartAsync("Knowledge", new Uri("http://127.0.0.1:1/"));

        var response = await client.GetAsync("/api/v1/knowledge/search?q=x", Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!["error"]!.GetValue<string>().ShouldBe("upstream_unreachable");
    }

    [Fact]
    public async Task A_caller_over_the_limit_does_not_reach_the_upstream()
    {
        var requests = 0;
        var client = await StartAsync("Ingestion", http =>
        {
            Interlocked.Increment(ref requests);
            return Task.CompletedTask;
        });
        for (var i = 0; i < 10; i++)
            await client.PostAsync("/api/v1/ingestion/crawl", new StringContent("{}"), Cancel);

        var response = await client.PostAsync("/api/v1/ingestion/crawl", new StringContent("{}"), Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        requests.ShouldBe(10);
    }

    [Fact]
    public async Task What_is_no_endpoint_and_who_has_no_key_do_not_reach_the_upstream()
    {
        var requests = 0;
        var client = await StartAsync("Knowledge", http =>
        {
            Interlocked.Increment(ref requests);
            return Task.CompletedTask;
        });

        (await client.GetAsync("/api/v1/knowledge/secrets", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        client.DefaultRequestHeaders.Authorization = null;
        (await client.GetAsync("/api/v1/knowledge/search?q=x", Cancel)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        requests.ShouldBe(0);
    }

    [Fact]
    public async Task Other_areas_are_answered_here()
    {
        var client = await StartAsync("Knowledge", http => throw new InvalidOperationException());

        (await client.GetAsync("/api/v1/analytics/summary", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_body_that_is_too_long_is_a_413_whether_it_says_so_or_not()
    {
        var client = await StartAsync("Analytics", http => http.Request.Body.CopyToAsync(Stream.Null));
        var body = new byte[17 * 1024 * 1024];

        (await client.PostAsync("/api/v1/analytics/events", new ByteArrayContent(body), Cancel)).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        using var chunked = new HttpRequestMessage(HttpMethod.Post, "/api/v1/analytics/events") { Content = new StreamContent(new MemoryStream(body)), Headers = { TransferEncodingChunked = true } };
        (await client.SendAsync(chunked, Cancel)).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    [Theory]
    [InlineData("Upstreams:Knowledge:Url", "knowledge.internal", "Upstreams__Knowledge__Url is no address")]
    [InlineData("Upstreams:Knowledge:Url", "https://a:b@c/", "Upstreams__Knowledge__Url is no address")]
    [InlineData("Upstreams:Ingestion:Url", "ftp://c/", "Upstreams__Ingestion__Url is no address")]
    [InlineData("Upstreams:Analytics:Secret", "s", "Upstreams__Analytics__Url is not")]
    [InlineData("Upstreams:Analytics:TimeoutSeconds", "0", "Upstreams__Analytics__TimeoutSeconds")]
    [InlineData("Upstreams:Knowlege:Url", "https://c/", "did you mean Upstreams__Knowledge__Url?")]
    public void Settings_that_lead_nowhere_are_told_at_start(string name, string value, string message) => Should
        .Throw<SettingsException>(() => AppSettings.Read(new ConfigurationBuilder().AddInMemoryCollection([new(name, value)]).Build()))
        .Message.ShouldContain(message);

    private async Task<HttpClient> StartAsync(string area, RequestDelegate answer, string? secret = null)
    {
        var upstream = await Upstream.StartAsync(answer);
        _running.Add(upstream);
        return await StartAsync(area, upstream.Url, secret);
    }

    private async Task<HttpClient> StartAsync(string area, Uri url, string? secret = null)
    {
        var host = await TestHost.StartAsync(new() { [$"Upstreams:{area}:Url"] = url.AbsoluteUri, [$"Upstreams:{area}:Secret"] = secret });
        _running.Add(host);
        return _client = await host.ClientAsync("acme", "alice", agents: "free");
    }
}
