using FunctionsApi.Auth;
using FunctionsApi.Benchmarks.Servers;
using FunctionsApi.Storage.Azure;

namespace FunctionsApi.Benchmarks.Clusters;

/// <summary>
/// Users whom no server has ever seen, one request each, on the plans that are sold. Counted is what a first request costs, and
/// all that comes of it later.
/// </summary>
internal static class ColdKeys
{
    private const string Jwt = "JWT";

    public static async Task RunAsync(ClusterRun run)
    {
        await using var stage = await Stage.StartAsync(run.Product, "pro");
        Console.WriteLine(
            $"Cold keys: {run.Options.Keys:N0} users with one request each, {run.Options.Connections} connections in all, "
            + $"{run.Options.Rounds} rounds in turn; medians; every answer was 200");
        Console.WriteLine();
        Console.WriteLine(
            "| processes | server | credentials | requests/s | FunctionsApi / this, by round | median | operations for quota per first request | for its API key | for all else |");
        Console.WriteLine("|---:|---|---|---:|---|---:|---:|---:|---:|");
        var (counting, storing, operations) = (Environment.CpuUsage.TotalTime, stage.Azurite.ProcessorTime, 0L);
        foreach (var processes in run.Options.Processes)
            operations += await WithTokensAsync(run, stage, processes);
        counting = Environment.CpuUsage.TotalTime - counting;
        storing = stage.Azurite.ProcessorTime - storing;
        await WithApiKeysAsync(run, stage);
        Console.WriteLine();
        Console.WriteLine(
            $"An operation took Azurite {storing.TotalMicroseconds / operations:0} µs of processor time, and the benchmark "
            + $"{counting.TotalMicroseconds / operations:0} µs to pass it on and count it, all else that it did included.");
        Console.WriteLine();
    }

    /// <returns>How many storage operations ours have made.</returns>
    private static async Task<long> WithTokensAsync(ClusterRun run, Stage stage, int processes)
    {
        await using var ours = await Rival.StartAsync(stage, processes);
        await using var theirs = await run.StartPeersAsync(1_000_000, processes);
        Rival[] rivals = theirs is null ? [ours] : [ours, theirs];
        foreach (var rival in rivals)
            await rival.WarmUpAsync();

        var each = run.Options.Keys / run.Options.Rounds;
        var outcomes = await run.CompeteAsync(rivals, (rival, round) => rival.SendOnceAsync(
            Credentials.Of($"cold-{processes}-{round}", each), run.ConnectionsEach(processes)));
        foreach (var outcome in outcomes)
            Print(outcome, outcomes[0], Jwt);
        if (theirs is null)
            Console.WriteLine($"| {processes} | rate-limiter-flexible on Redis | {Jwt} | {ClusterRun.Missing} | | | | | |");
        return outcomes[0].Operations.All;
    }

    private static async Task WithApiKeysAsync(ClusterRun run, Stage stage)
    {
        var each = Math.Max(1, run.Options.Keys / 10 / run.Options.Rounds);
        var count = each * run.Options.Rounds;
        Progress.Say($"creating {count:N0} API keys");
        var keys = await CreateKeysAsync(stage.Azurite, count);

        await using var ours = await Rival.StartAsync(stage, 1);
        await ours.WarmUpAsync();
        var outcomes = await run.CompeteAsync([ours], (rival, round) => rival.SendOnceAsync(
            [.. keys.Skip(each * round).Take(each)], run.ConnectionsEach(1)));
        Print(outcomes[0], outcomes[0], $"{count:N0} API keys");
    }

    private static async Task<string[]> CreateKeysAsync(AzuriteServer azurite, int count)
    {
        await using var store = new AzureTableStore(StorageAccount.Parse(StorageService.Tables, AzuriteServer.ConnectionString(azurite.Port)));
        var table = new KeyTable(store, TimeProvider.System);
        var headers = new string[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (place, cancelled) =>
        {
            var (_, key) = await table.CreateAsync(new(Credentials.Tenant, $"cold-key-{place}"), lifetime: null, cancelled);
            headers[place] = $"Bearer {key}";
        });
        return headers;
    }

    private static void Print(Outcome outcome, Outcome ours, string credentials)
    {
        var (requests, operations) = ((double)outcome.Requests, outcome.Operations);
        Console.WriteLine(
            $"| {outcome.Rival.Processes} | {outcome.Rival.Name} | {credentials} | {outcome.SpeedCells(ours)} "
            + $"| **{operations.Quota / requests:0.000}** | {operations.Keys / requests:0.000} | {operations.Other / requests:0.000} |");
    }
}
