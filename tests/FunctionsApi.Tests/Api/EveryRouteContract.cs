using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Api;

/// <summary>What holds for each route that the OpenAPI document names, whichever API it is of, in every host mode.</summary>
public abstract class EveryRouteContract(IRunningApi api)
{
    private static readonly string[] QuotaHeaders =
        ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit-Policy", "RateLimit"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("application/problem+json")]
    public async Task A_caller_without_a_credential_is_told_so_in_the_APIs_shape(string accept)
    {
        using var client = Client();
        foreach (var route in await RoutesAsync())
        {
            using var response = await SendAsync(client, route.Method, route.Path, accept);
            response.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer", route.Path);
            await ShouldBeErrorAsync(response, route, HttpStatusCode.Unauthorized, accept);
            QuotaHeaders.ShouldAllBe(name => !response.Headers.Contains(name));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("application/problem+json")]
    public async Task A_caller_without_a_subscription_is_told_so_in_the_APIs_shape(string accept)
    {
        using var client = Client(await api.KeyAsync("zoe"));
        foreach (var route in await RoutesAsync())
        {
            using var response = await SendAsync(client, route.Method, route.Path, accept);
            await ShouldBeErrorAsync(response, route, HttpStatusCode.Forbidden, accept);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("application/problem+json")]
    public async Task A_method_that_a_route_lacks_is_refused_with_those_it_has(string accept)
    {
        using var client = Client(await api.KeyAsync("alice", "pro", "free"));
        foreach (var route in await RoutesAsync())
        {
            using var response = await SendAsync(client, "PATCH", route.Path, accept);
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
        using var client = Client(await api.KeyAsync("alice", "pro", "free"));
        foreach (var route in await RoutesAsync())
        {
            using var response = await SendAsync(client, route.Method, $"{route.Path}/x/y", accept);
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
        using var client = Client(await api.KeyAsync("alice", "pro", "free"));
        foreach (var route in (await RoutesAsync()).Where(route => route.Method is "POST" or "PUT"))
        {
            using var request = new HttpRequestMessage(new(route.Method), route.Path);
            request.Content = new StringContent(body == "deep" ? new string('[', 90) : body);
            request.Content.Headers.ContentType = new(contentType);
            using var response = await client.SendAsync(request, Cancel);
            await ShouldBeErrorAsync(response, route, status, "");
            ShouldHaveQuotaHeaders(response, route);
            response.Headers.GetValues("X-RateLimit-Remaining").ShouldBe(response.Headers.GetValues("X-RateLimit-Limit"));
        }
    }

    [Fact]
    public async Task What_takes_GET_takes_HEAD_and_answers_it_with_the_same_headers_and_no_body()
    {
        using var getting = Client(await api.KeyAsync("ann", "pro", "free"));
        using var heading = Client(await api.KeyAsync("ben", "pro", "free"));
        var documented = (await DocumentedAsync()).Where(route => route.Method == "GET").Select(route => $"{route.Path}?q=a");
        foreach (var path in (string[])[.. documented, "/dashboard/settings/usage", "/dashboard/settings/usage/page.js"])
        {
            using var get = await SendAsync(getting, "GET", path, "");
            using var head = await SendAsync(heading, "HEAD", path, "");

            head.StatusCode.ShouldBe(get.StatusCode, path);
            HeadersOf(head).ShouldBe(HeadersOf(get), path);
            (await head.Content.ReadAsByteArrayAsync(Cancel)).ShouldBeEmpty(path);
        }
    }

    private string HeadersOf(HttpResponseMessage response) => api.Comparable(string.Join('\n', response.Headers.Concat(response.Content.Headers)
        .Where(header => header.Key != "Date").Select(header => $"{header.Key}: {string.Join(", ", header.Value)}").Order()));

    /// <summary>Those of the APIs.</summary>
    private async Task<IReadOnlyList<Route>> RoutesAsync()
    {
        Route[] routes = [.. (await DocumentedAsync()).Where(route => route.Tag != "operations")];
        routes.Select(route => route.Tag).Distinct().ShouldBe(["inference", "agents"], ignoreOrder: true);
        return routes;
    }

    /// <summary>All that the document has, which other tests hold to the functions.</summary>
    private async Task<IEnumerable<Route>> DocumentedAsync()
    {
        using var client = Client();
        var document = JsonElement.Parse(await client.GetStringAsync("/openapi/v1.json", Cancel));
        return from path in document.GetProperty("paths").EnumerateObject()
               from operation in path.Value.EnumerateObject()
               select new Route(
                   operation.Value.GetProperty("tags")[0].GetString()!, operation.Name.ToUpperInvariant(), path.Name.Replace("{id}", "1", StringComparison.Ordinal));
    }

    private HttpClient Client(string? key = null) => new()
    {
        BaseAddress = api.Address,
        DefaultRequestHeaders = { Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key) },
    };

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string method, string path, string accept)
    {
        using var request = new HttpRequestMessage(new(method), path);
        if (accept.Length > 0)
            request.Headers.Accept.ParseAdd(accept);
        return await client.SendAsync(request, Cancel);
    }

    private static async Task ShouldBeErrorAsync(HttpResponseMessage response, Route route, HttpStatusCode status, string accept)
    {
        response.StatusCode.ShouldBe(status, route.Path);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancel));
        var names = json.RootElement.EnumerateObject().Select(member => member.Name).ToArray();
        string[] expected = accept.Length > 0 ? ["type", "title", "status", "detail", "code"]
            : route.Tag == "inference" ? ["valid", "error"]
            : ["error", "message", "statusCode"];
        names.ShouldBe(expected, route.Path);
        response.Content.Headers.ContentType!.ToString().ShouldBe(accept.Length > 0 ? accept : "application/json");
        response.Headers.RetryAfter.ShouldBeNull();
    }

    private static void ShouldHaveQuotaHeaders(HttpResponseMessage response, Route route)
    {
        foreach (var name in QuotaHeaders)
            response.Headers.Contains(name).ShouldBeTrue($"{name} of {route.Path}");
    }

    /// <param name="Tag">Of which API it is, or <c>operations</c>.</param>
    /// <param name="Method">In capitals.</param>
    /// <param name="Path">Without parameters.</param>
    private sealed record Route(string Tag, string Method, string Path);
}
