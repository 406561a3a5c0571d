using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Simulator;
using FunctionsApi.Storage;
using FunctionsApi.Storage.Sqlite;

namespace FunctionsApi.Benchmarks.Ledgers;

/// <summary>
/// A user of the inference API's enterprise plan, 1,000 in any 60 s, who never stops asking four instances for more. What
/// is counted is the work that refused requests make, and how much of the limit can be used.
/// </summary>
internal static class SaturatedPartition
{
    private const int Instances = 4;
    private const int Limits = 10;

    public static async Task RunAsync()
    {
        Console.WriteLine();
        Console.WriteLine($"A saturated partition: 1,000 in any 60 s, {Instances} instances on one store, simulated time");
        Console.WriteLine();
        Console.WriteLine("| store | requests/s to each instance | seconds | admitted | storage operations/s and instance | share of the limit | over-admissions |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|");
        var charge = Plans.Read()[ApiKind.Inference].Find("enterprise")!.ChargeFor("infer");
        foreach (var perSecond in (int[])[100, 1_000, 10_000])
            Hammer("in memory, 10 ms away", new InMemoryTableStore(), TimeSpan.FromMilliseconds(10), charge, perSecond);

        var directory = Directory.CreateTempSubdirectory("functionsapi-benchmark-");
        await using (var sqlite = await SqliteTableStore.OpenAsync(Path.Combine(directory.FullName, "ledger.db")))
            Hammer("SQLite", sqlite, TimeSpan.Zero, charge, 1_000);
        directory.Delete(recursive: true);
    }

    private static void Hammer(string name, ITableStore store, TimeSpan latency, Charge charge, int perSecond)
    {
        Progress.Say($"a saturated partition, {name}, {perSecond:N0} requests/s to each of {Instances} instances");
        var policy = charge.Policies.Policies[0];
        var cluster = new HammeredCluster(store, latency, Instances);
        // The limit's worth of requests, so many times over, and one more: from the first to that one, whole limits were used.
        cluster.Hammer(charge, perSecond, () => cluster.Admissions.Count > Limits * policy.Limit);
        Instant[] admissions = [.. cluster.Admissions.Order()];
        var share = Limits * policy.Window / (admissions[Limits * policy.Limit] - admissions[0]);
        Console.WriteLine(
            $"| {name} | {perSecond:N0} | {cluster.Elapsed.TotalSeconds:0} | {admissions.Length:N0} "
            + $"| **{cluster.StorageOperations / cluster.Elapsed.TotalSeconds / Instances:0.00}** "
            + $"| **{share:0.0 %}** | **{OverAdmissions(admissions, policy)}** |");
    }

    private static int OverAdmissions(Instant[] admissions, Policy policy) =>
        admissions.Skip(policy.Limit).Zip(admissions).Count(pair => pair.First - pair.Second < policy.Window);
}
