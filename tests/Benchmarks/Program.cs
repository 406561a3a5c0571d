using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using FunctionsApi.Benchmarks.Decisions;
using FunctionsApi.Benchmarks.Memory;

switch (args.FirstOrDefault())
{
    case "decisions":
        var inProcess = DefaultConfig.Instance.AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance));
        BenchmarkRunner.Run([typeof(AgentsDecision), typeof(InferDecision)], inProcess);
        return 0;
    case "memory":
        await MemoryPerPartition.RunAsync();
        return 0;
    default:
        Console.Error.WriteLine("Name what to measure: decisions or memory.");
        return 2;
}
