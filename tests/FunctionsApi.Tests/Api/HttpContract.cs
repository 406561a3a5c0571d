using System.Net.Http.Headers;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Api;

/// <summary>Whole answers to what clients send, the same in every host mode.</summary>
public abstract class HttpContract(IRunningApi api)
{
    private const string ToInfer = """{"deployment_id":"echo","inputs":{"hello":"world"}}""";

    // A name that can belong to nobody.
    private const string ToCrawl = """{"url":"https://example.invalid/"}""";

    private const string Crawl = "/api/v1/ingestion/crawl";

    private const int LongestBody = 2000;

    private static readonly (string Name, string Path, string Body)[] Apis = [("inference", "/infer", ToInfer), ("agents", Crawl, ToCrawl)];

    private static readonly (string Method, string Path, string Body)[] Requests =
    [
        ("POST", "/infer", ToInfer),
        ("POST", "/INFER", ToInfer),
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
        ("POST", Crawl, ToCrawl),
        ("GET", $"{Crawl}/0", ""),
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
    ];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public Task What_is_admitted_is_answered() => WithinAnHourAsync(user => CompareAsync(
        "answered", async (path, accept, body) => await PostAsync(path, await BearerAsync($"{user}{accept.Length}"), accept, body)));

    [Fact]
    public Task What_the_plan_does_not_allow_is_refused() => WithinAnHourAsync(user => CompareAsync("refused", async (path, accept, body) =>
    {
        string answer;
        var authorization = await BearerAsync(user);
        for (var sent = 1; !(answer = await PostAsync(path, authorization, accept, body)).StartsWith("HTTP/1.1 429 "); sent++)
            sent.ShouldBeLessThan(1000);
        return answer;
    }));

    [Theory]
    [InlineData("api-error", """{"deployment_id":"nobodys","inputs":{},"url":"nowhere"}""")]
    [InlineData("malformed", """{"a":""")]
    [InlineData("missing-body", "")]
    public Task What_cannot_be_done_is_answered_and_uses_nothing(string name, string body) =>
        CompareAsync(name, async (path, accept, _) => await PostAsync(path, await BearerAsync("alice"), accept, body));

    [Fact]
    public Task What_is_too_long_is_answered_and_uses_nothing() => CompareAsync("too-large", async (path, accept, _) =>
        await PostAsync(path, await BearerAsync("alice"), accept, $$"""{"a":"{{new string('x', 1024 * 1024)}}"}"""));

    [Theory]
    [InlineData("no-credential", "")]
    [InlineData("bad-credential", "Authorization: Bearer fa_00000000000000000000000000000000")]
    [InlineData("other-scheme", "Authorization: Basic YTpi")]
    [InlineData("two-credentials", "Authorization: Bearer a\nAuthorization: Bearer b")]
    public Task What_an_unknown_caller_is_answered(string name, string authorization) =>
        CompareAsync(name, (path, accept, body) => PostAsync(path, authorization, accept, body));

    [Fact]
    public Task What_a_caller_without_a_subscription_is_answered() => CompareAsync("no-subscription", async (path, accept, body) =>
        await PostAsync(path, Bearer(await api.KeyAsync("zoe")), accept, body));

    [Fact]
    public Task What_is_nowhere_is_answered() => CompareAsync("unknown-route", async (path, accept, body) =>
        await PostAsync($"{path}/no/where", await BearerAsync("alice"), accept, body));

    [Fact]
    public Task What_a_wrong_method_is_answered() => CompareAsync("wrong-method", async (path, accept, _) =>
        await Wire.SendAsync(api.Address, Request("DELETE", path, await BearerAsync("alice"), accept, "")));

    [Fact]
    public async Task What_a_tenant_whose_limits_are_not_set_is_answered() => ContractFiles.Compare(
        api, "limits-not-set.agents.http", await PostAsync(Crawl, Bearer(await api.KeyAsync("eve", "pro", "enterprise")), "", ToCrawl));

    /// <summary>Of what is long, as the usage page, the headers alone.</summary>
    [Fact]
    public Task Every_address_and_method_is_answered() => WithinAnHourAsync(async user =>
    {
        using var known = new HttpClient { BaseAddress = api.Address };
        known.DefaultRequestHeaders.Authorization = new("Bearer", await api.KeyAsync(user, "pro", "free"));
        using var unknown = new HttpClient { BaseAddress = api.Address };
        List<string> answers = [];
        foreach (var (method, path, body) in Requests)
            answers.Add(await AnswerAsync(known, method, path, body));
        foreach (var (method, path, body) in Requests)
            answers.Add(await AnswerAsync(unknown, method, path, body));
        ContractFiles.Compare(api, "answers.txt", string.Join("\n\n", answers));
    });

    private Task<string> PostAsync(string path, string authorization, string accept, string body) =>
        Wire.SendAsync(api.Address, Request("POST", path, authorization, accept, body));

    private async Task<string> BearerAsync(string user) => Bearer(await api.KeyAsync(user, "pro", "free"));

    private static string Bearer(string key) => $"Authorization: Bearer {key}";

    private async Task CompareAsync(string name, Func<string, string, string, Task<string>> ask)
    {
        foreach (var (apiName, path, body) in Apis)
        {
            ContractFiles.Compare(api, $"{name}.{apiName}.http", await ask(path, "", body));
            ContractFiles.Compare(api, $"{name}.{apiName}.problem.http", await ask(path, "Accept: application/problem+json", body));
        }
    }

    /// <summary>What counts by the hour is done again, by another user, where one has begun meanwhile.</summary>
    private async Task WithinAnHourAsync(Func<string, Task> compare)
    {
        var hour = Hour();
        try
        {
            await compare(NewUser());
        }
        catch (ShouldAssertException) when (!api.HasTimeOfContracts && Hour() != hour)
        {
            await compare(NewUser());
        }

        static int Hour() => TimeProvider.System.GetUtcNow().Hour;
        static string NewUser() => $"user-{Guid.NewGuid():N}";
    }

    private static string Request(string method, string path, string authorization, string accept, string body) =>
        string.Join('\n', ((string[])[$"{method} {path} HTTP/1.1", authorization, accept]).Where(line => line.Length > 0)) + $"\n\n{body}";

    private async Task<string> AnswerAsync(HttpClient client, string method, string path, string body)
    {
        using var request = new HttpRequestMessage(new(method), path);
        if (body.Length > 0)
            request.Content = new StringContent(body, new MediaTypeHeaderValue("application/json"));
        using var answer = await client.SendAsync(request, Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        string[] left = answer.Content.Headers.ContentLength > LongestBody ? ["Date", "ETag", "Content-Length"] : ["Date"];
        var headers = answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated)
            .Where(header => !left.Contains(header.Key))
            .Select(header => $"{header.Key}: {header.Value}")
            .Order(StringComparer.Ordinal);
        return api.Comparable($"{method} {path}: {(int)answer.StatusCode}\n{string.Join('\n', headers)}\n\n{(text.Length > LongestBody ? "…" : text)}");
    }
}
