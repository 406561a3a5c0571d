using System.CommandLine;
using System.Diagnostics;
using FunctionsApi.Auth;
using FunctionsApi.Caches;
using Microsoft.Extensions.Caching.Memory;

namespace FunctionsApi.Benchmarks.Caches;

/// <summary>
/// <c>caches</c>: what looking up a credential that is known costs, by the cache that serves and by the framework's. Both are
/// bounded by size; both sides take turns.
/// </summary>
internal static class CachesBenchmark
{
    private const int Keys = 1_000;
    private const int WarmUpRounds = 20;
    private const int Rounds = 101;
    private const int PerTurn = 100_000;

    public static Command Create()
    {
        var command = new Command("caches", "One look-up of a known credential: BoundedCache and MemoryCache.");
        command.SetAction(_ => Run());
        return command;
    }

    private static void Run()
    {
        string[] headers = [.. Enumerable.Range(0, Keys).Select(_ => $"Bearer {ApiKey.Create()}")];
        using var theirs = new MemoryCache(new MemoryCacheOptions { SizeLimit = 100 * Keys });
        var ours = new BoundedCache<object>(1_000 * Keys, static _ => 0);
        foreach (var header in headers)
        {
            theirs.Set(header["Bearer ".Length..], header, new MemoryCacheEntryOptions { Size = 1 });
            ours.Set(header["Bearer ".Length..], header);
        }

        var rounds = Enumerable.Range(0, WarmUpRounds + Rounds)
            .Select(_ => (Theirs: Take(headers, key => theirs.TryGetValue(key, out object? _)), Ours: Take(headers, key => ours.TryGet(key, out object? _))))
            .ToArray()[WarmUpRounds..];
        Console.WriteLine("| MemoryCache ns | bytes | BoundedCache ns | bytes |");
        Console.WriteLine("|---:|---:|---:|---:|");
        Console.WriteLine(
            $"| {Statistics.Median(rounds.Select(round => round.Theirs.Nanoseconds)):0} | {Statistics.Median(rounds.Select(round => round.Theirs.Bytes)):0} "
            + $"| {Statistics.Median(rounds.Select(round => round.Ours.Nanoseconds)):0} | **{Statistics.Median(rounds.Select(round => round.Ours.Bytes)):0}** |");
    }

    private static Turn Take(string[] headers, Func<ReadOnlySpan<char>, bool> finds)
    {
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < PerTurn; i++)
            if (!finds(headers[i % Keys].AsSpan("Bearer ".Length)))
                throw new InvalidOperationException("A key was forgotten.");
        var elapsed = Stopwatch.GetElapsedTime(started);
        return new(elapsed.TotalNanoseconds / PerTurn, (double)(GC.GetAllocatedBytesForCurrentThread() - bytes) / PerTurn);
    }

    private readonly record struct Turn(double Nanoseconds, double Bytes);
}
