using System.Net;
using System.Text.Json;
using FunctionsApi.Functions;
using FunctionsApi.Quotas.Policies;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Api;

/// <summary>What holds for each route that is mapped, whichever API it is of.</summary>
public sealed class EveryRouteTests
{
    private static readonly string[] QuotaHeaders =
        ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit-Policy", "RateLimit"];

    [Theory]
    [InlineData("")]
    [InlineData("application/problem+json")]
    public async Task A_caller_without_a_credential_is_told_so_in_the_APIs_shape(string accept)
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        foreach (var route in Routes)
        {
            using var response = await SendAsync(host.Client, route.Method, PathOf(route), accept);
            response.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer", route.Pattern);
            await ShouldBeErrorAsync(response, route, HttpStatusCode.Unauthorized, accept);
            QuotaHeaders.ShouldAllBe(name => !response.Headers.Contains(name));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("application/problem+json")]
    public async Task A_caller_without_a_subscription_is_told_so_in_the_APIs_shape(string accept)
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        using var client = await host.ClientAsync("acme", "alice");
        foreach (var route in Routes)
        {
            using var response = await SendAsync(client, route.Method, PathOf(route), accept);
            await ShouldBeErrorAsync(response, route, HttpStatusCode.Forbidden, accept);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("application/problem+json")]
    public async Task A_method_that_a_route_lacks_is_refused_with_those_it_has(string accept)
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        using var client = await host.ClientAsync("acme", "alice", "pro", "free");
        foreach (var route in Routes)
        {
            using var response = await SendAsync(client, "PATCH", PathOf(route), accept);
            await ShouldBeErrorAsync(response, route, HttpStatusCode.MethodNotAllowed, accept);
            response.Content.Headers.Allow.ShouldContain(route.Method);
            ShouldHaveQuotaHeaders(response, route);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("application/problem+json")]
    public async Task A_path_below_a_route_is_not_found(string accept)
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        using var client = await host.ClientAsync("acme", "alice", "pro", "free");
        foreach (var route in Routes)
        {
            using var response = await SendAsync(client, route.Method, $"{PathOf(route)}/x/y", accept);
            await ShouldBeErrorAsync(response, route, HttpStatusCode.NotFound, accept);
            ShouldHaveQuotaHeaders(response, route);
        }
    }

    [Theory]
    [InlineData("text/plain", "{}", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/json", "{", HttpStatusCode.BadRequest)]
    [InlineData("application/json", "", HttpStatusCode.BadRequest)]
    [InlineData("application/json", "deep", HttpStatusCode.BadRequest)]
    public async Task A_body_that_is_no_JSON_is_refused_and_uses_nothing(string contentType, string body, HttpStatusCode status)
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        using var client = await host.ClientAsync("acme", "alice", "pro", "free");
        foreach (var route in Routes.Where(route => route.Method is "POST" or "PUT"))
        {
            using var request = new HttpRequestMessage(new(route.Method), PathOf(route));
            request.Content = new StringContent(body == "deep" ? new string('[', 90) : body);
            request.Content.Headers.ContentType = new(contentType);
            using var response = await client.SendAsync(request, TestHost.Cancelled);
            await ShouldBeErrorAsync(response, route, status, "");
            ShouldHaveQuotaHeaders(response, route);
            response.Headers.GetValues("X-RateLimit-Remaining").ShouldBe(response.Headers.GetValues("X-RateLimit-Limit"));
        }
    }

    [Fact]
    public async Task What_takes_GET_takes_HEAD_and_answers_it_with_the_same_headers_and_no_body()
    {
        await using var host = await TestHost.StartAsync();
        using var getting = await host.ClientAsync("acme", "alice", "pro", "free");
        using var heading = await host.ClientAsync("acme", "alice", "pro", "free");
        foreach (var function in HttpFunction.All.Where(function => function.Methods.Contains("GET")))
        {
            var path = $"/{function.Route.Replace("{id}", "1").Replace("{file}", "page.js")}?q=a";
            using var get = await SendAsync(getting, "GET", path, "");
            using var head = await SendAsync(heading, "HEAD", path, "");

            head.StatusCode.ShouldBe(get.StatusCode, path);
            HeadersOf(head).ShouldBe(HeadersOf(get), path);
            (await head.Content.ReadAsByteArrayAsync(TestHost.Cancelled)).ShouldBeEmpty(path);
        }
    }

    private static string[] HeadersOf(HttpResponseMessage response) =>
        [.. response.Headers.Concat(response.Content.Headers).Where(header => header.Key != "Date").Select(header => $"{header.Key}: {string.Join(", ", header.Value)}").Order()];

    private static IReadOnlyList<TestRoute> Routes { get; } = TestRoute.Of([.. HttpFunction.All, .. StandIns.All]);

    private static string PathOf(TestRoute route) => route.Pattern.Replace("{id}", "1", StringComparison.Ordinal);

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string method, string path, string accept)
    {
        using var request = new HttpRequestMessage(new(method), path);
        if (accept.Length > 0)
            request.Headers.Accept.ParseAdd(accept);
        return await client.SendAsync(request, TestHost.Cancelled);
    }

    private static async Task ShouldBeErrorAsync(HttpResponseMessage response, TestRoute route, HttpStatusCode status, string accept)
    {
        response.StatusCode.ShouldBe(status, route.Pattern);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestHost.Cancelled));
        var names = json.RootElement.EnumerateObject().Select(member => member.Name).ToArray();
        string[] expected = accept.Length > 0 ? ["type", "title", "status", "detail", "code"]
            : route.Api == ApiKind.Inference ? ["valid", "error"]
            : ["error", "message", "statusCode"];
        names.ShouldBe(expected, route.Pattern);
        response.Content.Headers.ContentType!.ToString().ShouldBe(accept.Length > 0 ? accept : "application/json");
        response.Headers.RetryAfter.ShouldBeNull();
        response.Headers.Contains("Server").ShouldBeFalse();
    }

    private static void ShouldHaveQuotaHeaders(HttpResponseMessage response, TestRoute route)
    {
        foreach (var name in QuotaHeaders)
            response.Headers.Contains(name).ShouldBeTrue($"{name} of {route.Pattern}");
    }
}
