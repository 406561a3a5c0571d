using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FunctionsApi.Benchmarks.EmptyApp;

/// <summary>
/// Answers the same request as FunctionsApi with 200 and nothing else. It is public, as in the templates: for a class that is not, the
/// worker compiles the call anew at each invocation.
/// </summary>
public static class EmptyFunction
{
    [Function("infer")]
    public static Task AnswerAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "infer")] HttpRequest request) =>
        request.HttpContext.Response.CompleteAsync();
}
