using System.CommandLine;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace FunctionsApi.Benchmarks.Decisions;

/// <summary><c>decisions</c></summary>
internal static class DecisionsCommand
{
    public static Command Create()
    {
        var command = new Command("decisions", "One decision with leases in hand: the limiter and System.Threading.RateLimiting.");
        command.SetAction(_ =>
        {
            var artifacts = Directory.CreateTempSubdirectory("functionsapi-benchmark-");
            // BenchmarkDotNet's own report goes where progress goes.
            using var progress = new StreamWriter(Console.OpenStandardError());
            progress.AutoFlush = true;
            var inProcess = ManualConfig.CreateEmpty()
                .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithMaxIterationCount(40))
                .AddLogger(new StreamLogger(progress))
                .AddColumnProvider(DefaultColumnProviders.Instance)
                .WithArtifactsPath(artifacts.FullName);
            Print(BenchmarkRunner.Run([typeof(AgentsDecision), typeof(InferDecision)], inProcess));
            artifacts.Delete(recursive: true);
        });
        return command;
    }

    private static void Print(Summary[] summaries)
    {
        Console.WriteLine($"One decision that admits, {Setup.Keys:N0} partitions in turn; mean of one thread");
        Console.WriteLine();
        Console.WriteLine("| decision | System.Threading.RateLimiting ns | bytes | FunctionsApi ns | bytes | times as fast |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|");
        foreach (var summary in summaries)
        {
            var theirs = summary.Reports.Single(report => summary.IsBaseline(report.BenchmarkCase));
            var ours = summary.Reports.Single(report => !summary.IsBaseline(report.BenchmarkCase));
            Console.WriteLine(
                $"| {Name(summary)} | {Nanoseconds(theirs):0} | {Bytes(theirs)} | {Nanoseconds(ours):0} | **{Bytes(ours)}** "
                + $"| **{Nanoseconds(theirs) / Nanoseconds(ours):0.0}** |");
        }
    }

    private static string Name(Summary summary) => summary.BenchmarksCases[0].Descriptor.Type == typeof(AgentsDecision)
        ? "agents: hour with burst, day, endpoint, concurrency"
        : "inference: sliding 60 s, 60 segments";

    private static double Nanoseconds(BenchmarkReport report) => report.ResultStatistics!.Mean;

    private static long Bytes(BenchmarkReport report) => report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0;
}
