using FunctionsApi.Benchmarks.Load;

namespace FunctionsApi.Benchmarks.Clusters;

/// <summary>
/// One user after the other, a new one for each turn, with far more permits in the hour than are asked for: 1,000,000, where
/// a tenant's override gives them. Counted are admissions for each storage operation, the leases' return included.
/// </summary>
internal static class HotKey
{
    private const int PerHour = 1_000_000;

    private const string Plans =
        """
        {
          "apis": {
            "inference": {
              "policies": [{ "name": "requests-per-hour", "algorithm": "fixed-window", "window": "1h" }],
              "plans": { "pro": { "requests-per-hour": 1000 }, "team": { "requests-per-hour": 1000 }, "enterprise": { "requests-per-hour": 1000 } }
            },
            "agents": {
              "policies": [{ "name": "requests-per-hour", "algorithm": "fixed-window", "window": "1h" }],
              "plans": { "free": { "requests-per-hour": 1000 }, "pro": { "requests-per-hour": 1000 }, "enterprise": { "requests-per-hour": 1000 } }
            }
          }
        }
        """;

    public static async Task RunAsync(ClusterRun run)
    {
        await using var stage = await StageAsync(run);
        Console.WriteLine(
            $"A hot key: {PerHour:N0} an hour, {run.Options.Connections} connections in all, "
            + $"{run.Options.Rounds} rounds of {run.Options.Seconds} s each in turn; medians; every answer was 200");
        Console.WriteLine();
        Console.WriteLine(
            "| processes | server | requests/s | FunctionsApi / this, by round | median | admitted | operations for quota | for all else | admissions per operation for quota | per operation |");
        Console.WriteLine("|---:|---|---:|---|---:|---:|---:|---:|---:|---:|");
        foreach (var processes in run.Options.Processes)
            await RunAsync(run, stage, processes);
        Console.WriteLine();
    }

    private static async Task<Stage> StageAsync(ClusterRun run)
    {
        var stage = await Stage.StartAsync(run.Product, "enterprise");
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, Plans);
        await stage.RunAsync("plans", "apply", file);
        File.Delete(file);
        await stage.RunAsync(
            "tenants", "set-limit", "--tenant", Credentials.Tenant, "--api", "inference", "--policy", "requests-per-hour", "--limit", $"{PerHour}");
        return stage;
    }

    private static async Task RunAsync(ClusterRun run, Stage stage, int processes)
    {
        await using var ours = await Rival.StartAsync(stage, processes);
        await using var theirs = await run.StartPeersAsync(PerHour, processes);
        Rival[] rivals = theirs is null ? [ours] : [ours, theirs];
        foreach (var rival in rivals)
        {
            await rival.WarmUpAsync();
            await TurnAsync(run, rival, "warm-up");
        }

        var outcomes = await run.CompeteAsync(rivals, (rival, round) => TurnAsync(run, rival, $"{round}"));
        foreach (var outcome in outcomes)
            Print(outcome, outcomes[0]);
        if (theirs is null)
            Console.WriteLine($"| {processes} | rate-limiter-flexible on Redis | {ClusterRun.Missing} | | | | | | | |");
    }

    private static async Task<LoadOfAll> TurnAsync(ClusterRun run, Rival rival, string turn)
    {
        var credential = Credentials.Of($"hot-{rival.Processes}-{turn}");
        var load = await rival.LoadAsync(
            _ => new WrkScript("infer.lua", 1, run.ConnectionsEach(rival.Processes), ("WORK_AUTHORIZATION", credential)),
            run.Options.Seconds);
        return load.Requests < PerHour
            ? load
            : throw new InvalidOperationException($"The key's limit is used up: make the turns shorter than {run.Options.Seconds} s.");
    }

    private static void Print(Outcome outcome, Outcome ours)
    {
        var (admitted, operations) = (outcome.Requests, outcome.Operations);
        Console.WriteLine(
            $"| {outcome.Rival.Processes} | {outcome.Rival.Name} | {outcome.SpeedCells(ours)} | {admitted:N0} "
            + $"| {operations.Quota:N0} | {operations.All - operations.Quota:N0} "
            + $"| **{(double)admitted / operations.Quota:N0}** | {(double)admitted / operations.All:N0} |");
    }
}
