using System.CommandLine;
using System.Diagnostics;

namespace FunctionsApi.Benchmarks.Decisions;

/// <summary>
/// <c>decisions</c>: what one decision costs that admits, with leases in hand. Both sides take turns of some milliseconds, so
/// that whatever else the machine does slows both, and so that leases are renewed as they are under load. The ledger in memory
/// answers on the caller's thread: so the mean of all decisions has the bytes of its operations in it, which a single decision has not.
/// </summary>
internal static class DecisionsCommand
{
    private const int WarmUpRounds = 20;
    private const int Rounds = 101;
    private const int PerTurn = 200_000;

    public static Command Create()
    {
        var command = new Command("decisions", "One decision with leases in hand: the limiter and System.Threading.RateLimiting.");
        command.SetAction(_ => Run());
        return command;
    }

    private static void Run()
    {
        Console.WriteLine($"One decision that admits, {Setup.Keys:N0} partitions one after the other, one thread; medians of {Rounds} rounds in turn");
        Console.WriteLine();
        Console.WriteLine("| decision | System.Threading.RateLimiting ns | bytes | FunctionsApi ns | bytes, lease in hand | decisions that renew | bytes, renewals included | times as fast |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var pair in (DecisionPair[])[DecisionPair.Agents(), DecisionPair.Inference()])
        {
            Progress.Say(pair.Name);
            Compare(pair);
        }
    }

    private static void Compare(DecisionPair pair)
    {
        var rounds = new (Turn Theirs, Turn Ours)[WarmUpRounds + Rounds];
        for (var round = 0; round < rounds.Length; round++)
            rounds[round] = (Take(pair.Theirs), Take(pair.Ours));

        var measured = rounds[WarmUpRounds..];
        var bytes = MeasureEach(pair.Ours);
        Console.WriteLine(
            $"| {pair.Name} | {Statistics.Median(measured.Select(round => round.Theirs.Nanoseconds)):0} "
            + $"| {Statistics.Median(measured.Select(round => round.Theirs.Bytes)):0} "
            + $"| {Statistics.Median(measured.Select(round => round.Ours.Nanoseconds)):0} "
            + $"| **{Statistics.Median(bytes.Select(one => (double)one)):0}** "
            + $"| {(double)bytes.Count(one => one > 0) / bytes.Length:0.00 %} "
            + $"| {Statistics.Median(measured.Select(round => round.Ours.Bytes)):0} "
            + $"| **{Statistics.Median(measured.Select(round => round.Theirs.Nanoseconds / round.Ours.Nanoseconds)):0.0}** |");
    }

    private static Turn Take(Func<string, bool> admits)
    {
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < PerTurn; i++)
            if (!admits(Setup.Partitions[i % Setup.Keys]))
                throw new InvalidOperationException("A limit was reached that nobody should reach.");
        var elapsed = Stopwatch.GetElapsedTime(started);
        return new(elapsed.TotalNanoseconds / PerTurn, (double)(GC.GetAllocatedBytesForCurrentThread() - bytes) / PerTurn);
    }

    /// <summary>What each decision of one more turn allocated; not timed, since looking takes as long as the decision.</summary>
    private static long[] MeasureEach(Func<string, bool> admits)
    {
        var bytes = new long[PerTurn];
        for (var i = 0; i < bytes.Length; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            admits(Setup.Partitions[i % Setup.Keys]);
            bytes[i] = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        return bytes;
    }

    private readonly record struct Turn(double Nanoseconds, double Bytes);
}
