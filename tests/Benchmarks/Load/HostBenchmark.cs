using System.CommandLine;
using FunctionsApi.Benchmarks.Servers;

namespace FunctionsApi.Benchmarks.Load;

/// <summary>
/// <c>host</c>: what everything that FunctionsApi does costs under the Functions host, next to functions that do nothing: in the
/// same app, published with two of them, and in an app of the usual kind.
/// </summary>
internal static class HostBenchmark
{
    private static readonly string WithEmptyFunctions =
        $"-p:CustomAfterMicrosoftCommonTargets={Path.Combine(Tool.Repository, "tests", "Benchmarks", "EmptyFunctions", "EmptyFunctions.targets")}";

    public static Command Create() => LoadCommand.Create(
        "host",
        "POST /infer by wrk through the double of the Functions host: FunctionsApi, empty functions in it, and an empty function app.",
        async () =>
        {
            await EmptyFunctionApp.PublishAsync();
            return await Product.PublishAsync(WithEmptyFunctions);
        },
        product => product.StartUnderHostAsync,
        product =>
        [
            new("empty function of the same app", product.StartUnderHostAsync) { Path = "/empty" },
            new("empty function of the same app, same body and headers", product.StartUnderHostAsync) { Path = "/empty-alike" },
            new("empty function of an app of its own", EmptyFunctionApp.StartAsync),
        ]);
}
