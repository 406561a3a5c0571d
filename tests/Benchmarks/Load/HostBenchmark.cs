using System.CommandLine;
using FunctionsApi.Benchmarks.Servers;

namespace FunctionsApi.Benchmarks.Load;

/// <summary>
/// <c>host</c>: what everything that FunctionsApi does costs under the Functions host, next to functions that do nothing:
/// <c>GET /healthz</c>, which does least of the same app's, and the empty app's, which is sent what FunctionsApi is sent.
/// </summary>
internal static class HostBenchmark
{
    public static Command Create() => LoadCommand.Create(
        "host",
        "POST /infer by wrk through the double of the Functions host: FunctionsApi, its GET /healthz, and an empty function app.",
        EmptyFunctionApp.PublishAsync,
        product => product.StartUnderHostAsync,
        product =>
        [
            new("GET /healthz of the same app", product.StartUnderHostAsync) { Method = "GET", Path = "/healthz" },
            new("POST of an empty app", EmptyFunctionApp.StartAsync),
        ]);
}
