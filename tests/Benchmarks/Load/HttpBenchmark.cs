using System.CommandLine;
using FunctionsApi.Benchmarks.Servers;

namespace FunctionsApi.Benchmarks.Load;

/// <summary>
/// <c>http</c>: what everything that FunctionsApi does costs, next to endpoints that answer the same and do none of it.
/// "The same body" is the body alone; "and headers" also sends as many header bytes, so that the responses are equally long.
/// </summary>
internal static class HttpBenchmark
{
    public static Command Create() => LoadCommand.Create(
        "http",
        "POST /infer by wrk: FunctionsApi, bare Kestrel, and ASP.NET Core's rate limiter middleware.",
        () => Product.PublishAsync(),
        product => async () => await product.StartAsync(),
        product =>
        [
            new("bare Kestrel, same body", async () => await BareServer.StartAsync(product)),
            new("bare Kestrel, same body and headers", async () => await BareServer.StartAsync(product, "--headers")),
            new("rate limiter middleware, same body", async () => await BareServer.StartAsync(product, "--limiter")),
            new("rate limiter middleware, same body and headers", async () => await BareServer.StartAsync(product, "--limiter", "--headers")),
        ]);
}
