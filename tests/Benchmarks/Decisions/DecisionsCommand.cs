using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
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
            var inProcess = DefaultConfig.Instance.AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance));
            BenchmarkRunner.Run([typeof(AgentsDecision), typeof(InferDecision)], inProcess);
        });
        return command;
    }
}
