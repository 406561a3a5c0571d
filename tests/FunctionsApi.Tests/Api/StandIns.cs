using System.Text;
using System.Text.Json;
using FunctionsApi.Api;
using FunctionsApi.Functions;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;
using Microsoft.AspNetCore.Http;

namespace FunctionsApi.Tests.Api;

/// <summary>One endpoint of each API that does what a test asks for.</summary>
internal sealed class StandIns(ApiPipeline pipeline)
{
    public const string Infer = "/infer/test";
    public const string Crawl = "/api/v1/test";

    private static readonly ApiEndpoint InferEndpoint = new TestEndpoint(ApiKind.Inference, "infer", HandleAsync);
    private static readonly ApiEndpoint CrawlEndpoint = new TestEndpoint(ApiKind.Agents, "crawl", HandleAsync);

    public static IReadOnlyList<HttpFunction> All { get; } =
    [
        new("stand-in-infer", Infer[1..], ["POST"], typeof(StandIns).GetMethod(nameof(InferAsync))!),
        new("stand-in-crawl", Crawl[1..], ["POST"], typeof(StandIns).GetMethod(nameof(CrawlAsync))!),
    ];

    public Task InferAsync(HttpRequest request) =>
        pipeline.InvokeAsync(request.HttpContext, InferEndpoint);

    public Task CrawlAsync(HttpRequest request) =>
        pipeline.InvokeAsync(request.HttpContext, CrawlEndpoint);

    /// <summary>The body says what the request weighs and what goes wrong: before it is admitted, after that, after the answer.</summary>
    private static async Task HandleAsync(ApiRequest request)
    {
        var body = (await request.ReadJsonAsync(maxBytes: 100)).RootElement;
        Fail(body, "before");
        if (!await request.AcquireAsync(body.TryGetProperty("weight", out var weight) ? weight.GetInt32() : 1))
            return;
        Fail(body, "then");
        request.Answer(200, Encoding.UTF8.GetBytes("""{"ok":true}"""));
        Fail(body, "after");
    }

    private static void Fail(JsonElement body, string when)
    {
        if (body.TryGetProperty(when, out var how))
            Fail(how.GetString());
    }

    private static void Fail(string? how)
    {
        if (how == "refuse")
            throw new ApiException(404, "unknown_deployment", "There is no such deployment.");
        if (how == "break")
            throw new InvalidOperationException("secret at /etc/secret");
        if (how == "lose-store")
            throw new TableStoreException("'/var/secret.db' is gone.");
    }
}
