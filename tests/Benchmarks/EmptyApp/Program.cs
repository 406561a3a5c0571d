using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Hosting;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
using var host = builder.Build();
await host.RunAsync();

/// <summary>Answers the same request as FunctionsApi with 200 and nothing else.</summary>
internal static class EmptyFunction
{
    [Function("infer")]
    public static Task AnswerAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "infer")] HttpRequest request) =>
        request.HttpContext.Response.CompleteAsync();
}
