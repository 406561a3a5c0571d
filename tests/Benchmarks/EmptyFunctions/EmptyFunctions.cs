using FunctionsApi.Benchmarks.Servers;
using Microsoft.Azure.Functions.Worker;

namespace FunctionsApi.Benchmarks.EmptyFunctions;

/// <summary>Functions that do nothing, in FunctionsApi itself: <c>host</c> publishes it with them.</summary>
internal static class EmptyFunctions
{
    /// <summary>Answers with 200 and nothing else.</summary>
    [Function("empty")]
    public static Task AnswerAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "empty")] HttpRequest request) => Task.CompletedTask;

    /// <summary>Answers with as many bytes as /infer.</summary>
    [Function("empty-alike")]
    public static Task AnswerAlikeAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "empty-alike")] HttpRequest request) =>
        BareEndpoint.AnswerWithHeadersAsync(request.HttpContext);
}
