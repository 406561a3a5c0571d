using System.Collections.Immutable;
using System.Diagnostics;
using FunctionsApi.Ledgers;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Simulator;
using FunctionsApi.Storage;
using FunctionsApi.Storage.Sqlite;

namespace FunctionsApi.Benchmarks.Ledgers;

/// <summary>
/// A tenant of the agents API with 1,000,000 requests an hour of its own: hour with burst, day and concurrency. What is
/// counted is how many requests are admitted for one storage operation.
/// </summary>
internal static class HotPartition
{
    private const int PerHour = 1_000_000;
    private const int PerSecond = 5_000;
    private static readonly TimeSpan RealTime = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(10);

    public static async Task RunAsync()
    {
        Console.WriteLine($"A hot partition: {PerHour:N0} an hour, {PerSecond:N0} requests/s");
        Console.WriteLine();
        Console.WriteLine("| store | instances | seconds | admitted | storage operations | admissions per operation | over-admissions |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|");
        var charge = Charge();
        Progress.Say($"a hot partition on SQLite, {RealTime.TotalSeconds} s");
        await OnSqliteAsync(charge);
        foreach (var instances in (int[])[1, 4])
        {
            Progress.Say($"a hot partition, {instances} instances, past the hour's limit, simulated time");
            PastTheLimit(charge, instances);
        }
    }

    private static Charge Charge()
    {
        var limits = ImmutableDictionary<string, LimitSetting>.Empty
            .Add("requests-per-hour", new(PerHour)).Add("requests-per-day", new(24 * PerHour)).Add("concurrency", new(1_000));
        return Plans.Read()[ApiKind.Agents].Find("enterprise", limits)!.ChargeFor("search");
    }

    private static async Task OnSqliteAsync(Charge charge)
    {
        var directory = Directory.CreateTempSubdirectory("functionsapi-benchmark-");
        await using (var sqlite = await SqliteTableStore.OpenAsync(Path.Combine(directory.FullName, "ledger.db")))
        {
            var store = new CountingStore(sqlite);
            using var ledger = new TableLedger(store, TimeProvider.System);
            await using var limiter = new QuotaLimiter(ledger, new(), TimeProvider.System);
            var admissions = await HammerAsync(limiter, charge);
            Print("SQLite, real time", 1, RealTime, admissions, store.Operations);
        }

        directory.Delete(recursive: true);
    }

    private static async Task<List<Instant>> HammerAsync(QuotaLimiter limiter, Charge charge)
    {
        var answers = new List<Task<Decision>>();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < RealTime && await timer.WaitForNextTickAsync())
            while (answers.Count < PerSecond * Stopwatch.GetElapsedTime(started).TotalSeconds)
                answers.Add(AskAsync(limiter, charge));

        var admissions = new List<Instant>();
        foreach (var answer in answers)
            if (await answer is { Outcome: Outcome.Admitted, At: var at })
                admissions.Add(at);
        return admissions;
    }

    private static async Task<Decision> AskAsync(QuotaLimiter limiter, Charge charge)
    {
        var decision = await limiter.AcquireAsync("key:hot", charge);
        decision.Release();
        return decision;
    }

    private static void PastTheLimit(Charge charge, int instances)
    {
        var cluster = new HammeredCluster(new InMemoryTableStore(), Latency, instances);
        var enough = TimeSpan.FromSeconds(1.5 * PerHour / PerSecond);
        cluster.Hammer(charge, PerSecond / instances, () => cluster.Elapsed >= enough);
        Print(
            $"in memory, {Latency.TotalMilliseconds} ms away, simulated time", instances, cluster.Elapsed, cluster.Admissions, cluster.StorageOperations);
    }

    private static void Print(string store, int instances, TimeSpan elapsed, List<Instant> admissions, int operations) => Console.WriteLine(
        $"| {store} | {instances} | {elapsed.TotalSeconds:0} | {admissions.Count:N0} | {operations:N0} "
        + $"| **{(double)admissions.Count / operations:N0}** | **{OverAdmissions(admissions)}** |");

    /// <summary>Beyond the hour's limit requests are admitted for 10 s from the first such request, and up to twice the limit.</summary>
    private static int OverAdmissions(List<Instant> admissions)
    {
        Instant[] beyond = [.. admissions.Order().Skip(PerHour)];
        return beyond.Index().Count(request => request.Item >= beyond[0] + TimeSpan.FromSeconds(10) || request.Index >= PerHour);
    }
}
