using System.CommandLine;
using System.Threading.RateLimiting;
using FunctionsApi.Benchmarks.Decisions;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Benchmarks.Memory;

/// <summary>What a million partitions that each saw a request cost, keys included on both sides.</summary>
internal static class MemoryPerPartition
{
    private const int Partitions = 1_000_000;

    public static Command Create()
    {
        var command = new Command("memory", "Bytes for each of a million partitions: the limiter and System.Threading.RateLimiting.");
        command.SetAction((_, _) => RunAsync());
        return command;
    }

    private static async Task RunAsync()
    {
        Console.WriteLine($"Bytes per partition, {Partitions:N0} partitions with one request each");
        Console.WriteLine();
        Console.WriteLine("| policies | System.Threading.RateLimiting | FunctionsApi | ratio |");
        Console.WriteLine("|---|---:|---:|---:|");
        await CompareAsync("sliding 60 s", Setup.TheirInfer, Setup.InferCharge);
        await CompareAsync("hour, day, endpoint, concurrency", Setup.TheirAgents, Setup.AgentsCharge);
    }

    private static async Task CompareAsync(string policies, Func<PartitionedRateLimiter<string>> theirs, Charge charge)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var their = theirs();
        for (var i = 0; i < Partitions; i++)
            their.AttemptAcquire($"key:{i:D8}").Dispose();
        var theirBytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)Partitions;
        await their.DisposeAsync();

        before = GC.GetTotalMemory(forceFullCollection: true);
        await using var ours = new QuotaLimiter(new ForgetfulLedger(), new(), TimeProvider.System);
        for (var i = 0; i < Partitions; i++)
            (await ours.AcquireAsync($"key:{i:D8}", charge)).Release();
        var ourBytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)Partitions;
        GC.KeepAlive(ours);
        Console.WriteLine($"| {policies} | {theirBytes:N0} | {ourBytes:N0} | {ourBytes / theirBytes:0.00} |");
    }
}
