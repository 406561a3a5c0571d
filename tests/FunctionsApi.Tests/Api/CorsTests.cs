using System.Net;
using System.Net.Http.Json;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Api;

public sealed class CorsTests
{
    private const string Page = "https://app.example.com";

    [Theory]
    [InlineData(Page, Page)]
    [InlineData("https://other.example, HTTPS://APP.example.com", Page)]
    [InlineData("*", "*")]
    public async Task A_preflight_of_an_allowed_origin_is_answered_without_a_credential_and_at_no_cost(string setting, string allowed)
    {
        await using var host = await StartAsync(setting);
        using var client = await host.ClientAsync("acme", "alice", "pro", "free");
        foreach (var path in (string[])["/infer", "/api/v1/analytics/events", "/api/v1/usage", "/healthz"])
        {
            using var response = await PreflightAsync(host, path, Page);

            response.StatusCode.ShouldBe(HttpStatusCode.NoContent, path);
            Header(response, "Access-Control-Allow-Origin").ShouldBe(allowed);
            Header(response, "Access-Control-Allow-Methods").ShouldBe("GET,HEAD,POST,PUT,DELETE");
            Header(response, "Access-Control-Allow-Headers").ShouldBe("authorization,content-type");
            Header(response, "Access-Control-Max-Age").ShouldBe("7200");
            response.Headers.Contains("WWW-Authenticate").ShouldBeFalse();
        }

        using var answer = await client.PostAsJsonAsync("/infer", new { deployment_id = "echo", inputs = new { } }, TestHost.Cancelled);
        Header(answer, "X-RateLimit-Remaining").ShouldBe("119");
    }

    [Theory]
    [InlineData(null, "/infer", """{"valid":false,"error":"Web pages of this origin may not call this API. Its operator allows origins by Cors__AllowedOrigins."}""")]
    [InlineData("https://other.example", "/api/v1/analytics/events", """{"error":"origin_not_allowed","message":"Web pages of this origin may not call this API. Its operator allows origins by Cors__AllowedOrigins.","statusCode":403}""")]
    public async Task A_preflight_of_another_origin_is_told_so(string? setting, string path, string body)
    {
        await using var host = await StartAsync(setting);

        using var response = await PreflightAsync(host, path, Page);

        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await response.Content.ReadAsStringAsync(TestHost.Cancelled)).ShouldBe(body);
        response.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
    }

    [Theory]
    [InlineData("POST", "/infer", 200)]
    [InlineData("POST", "/infer/nowhere", 404)]
    [InlineData("PATCH", "/infer", 405)]
    [InlineData("GET", "/api/v1/usage", 200)]
    [InlineData("HEAD", "/api/v1/knowledge/search?q=a", 200)]
    [InlineData("GET", "/api/v1/knowledge/search", 400)]
    [InlineData("GET", "/healthz", 200)]
    public async Task An_allowed_page_may_read_every_answer_and_its_rate_limit_headers(string method, string path, int status)
    {
        await using var host = await StartAsync($"{Page},https://other.example");
        using var client = await host.ClientAsync("acme", "alice", "pro", "free");
        using var request = new HttpRequestMessage(new(method), path) { Headers = { { "Origin", Page } } };
        if (method == "POST")
            request.Content = JsonContent.Create(new { deployment_id = "echo", inputs = new { } });

        using var response = await client.SendAsync(request, TestHost.Cancelled);

        ((int)response.StatusCode).ShouldBe(status);
        Header(response, "Access-Control-Allow-Origin").ShouldBe(Page);
        Header(response, "Access-Control-Expose-Headers")!.Split(',').ShouldBe(
            ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After", "RateLimit", "RateLimit-Policy", "ETag", "Location", "Allow", "WWW-Authenticate"]);
        response.Headers.Contains("Access-Control-Allow-Credentials").ShouldBeFalse();
        response.Headers.Vary.ShouldContain("Origin");
    }

    [Fact]
    public async Task A_page_that_is_not_allowed_and_a_caller_that_is_no_page_get_no_such_header()
    {
        await using var host = await StartAsync("https://other.example");
        using var client = await host.ClientAsync("acme", "alice", "pro", "free");
        using var plain = await client.GetAsync("/api/v1/usage", TestHost.Cancelled);
        client.DefaultRequestHeaders.Add("Origin", Page);
        using var page = await client.GetAsync("/api/v1/usage", TestHost.Cancelled);

        foreach (var response in (HttpResponseMessage[])[plain, page])
        {
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            response.Headers.Where(header => header.Key.StartsWith("Access-Control", StringComparison.Ordinal)).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task OPTIONS_that_is_no_preflight_is_a_method_like_any_other()
    {
        await using var host = await StartAsync(Page);
        using var client = await host.ClientAsync("acme", "alice", "pro", "free");

        using var response = await client.SendAsync(new(HttpMethod.Options, "/infer"), TestHost.Cancelled);

        response.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    private static Task<TestHost> StartAsync(string? allowedOrigins) => TestHost.StartAsync(new() { ["Cors:AllowedOrigins"] = allowedOrigins });

    private static async Task<HttpResponseMessage> PreflightAsync(TestHost host, string path, string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, path)
        {
            Headers = { { "Origin", origin }, { "Access-Control-Request-Method", "POST" }, { "Access-Control-Request-Headers", "authorization,content-type" } },
        };
        return await host.Client.SendAsync(request, TestHost.Cancelled);
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? string.Join(',', values) : null;
}
