using FunctionsApi.Benchmarks.Load;

namespace FunctionsApi.Benchmarks.Clusters;

/// <summary>
/// A user of the enterprise plan, 1,000 in any 60 s, who never stops asking. FunctionsApi's rows run at the same time, for a
/// window and a little more: what is counted are operations and admissions, not speed. Those of Redis run for a turn each, in
/// which no window ends: its peer counts in fixed windows, which start with a request and promise nothing about any other 60 s.
/// </summary>
internal static class SaturatedKey
{
    private const int Limit = 1_000;
    private const int ConnectionsEach = 4;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(ClusterRun run)
    {
        await using var stage = await Stage.StartAsync(run.Product, "enterprise");
        Progress.Say($"{string.Join(" and ", run.Options.Processes)} servers with a saturated key, for little more than {Window.TotalSeconds} s");
        var ours = await Task.WhenAll(run.Options.Processes.Select(processes => HammerAsync(stage, processes)));
        Console.WriteLine(
            $"A saturated key: {Limit:N0} in any {Window.TotalSeconds} s, {ConnectionsEach} connections to each server; "
            + "every answer was 200 or 429");
        Console.WriteLine();
        Console.WriteLine(
            "| processes | server | requests/s | admitted | operations/s and instance for quota | for all else | share of the limit | over-admissions |");
        Console.WriteLine("|---:|---|---:|---:|---:|---:|---:|---:|");
        for (var place = 0; place < ours.Length; place++)
        {
            Print(ours[place]);
            await RunPeersAsync(run, run.Options.Processes[place]);
        }
    }

    private static async Task<Hammering> HammerAsync(Stage stage, int processes)
    {
        await using var rival = await Rival.StartAsync(stage, processes);
        return await HammerAsync(rival, (int)Window.TotalSeconds + 5);
    }

    private static async Task RunPeersAsync(ClusterRun run, int processes)
    {
        await using var rival = await run.StartPeersAsync(Limit, processes);
        if (rival is null)
            Console.WriteLine($"| {processes} | rate-limiter-flexible on Redis | {ClusterRun.Missing} | | | | | |");
        else
            Print(await HammerAsync(rival, run.Options.Seconds));
    }

    private static async Task<Hammering> HammerAsync(Rival rival, int seconds)
    {
        var file = Path.GetTempFileName();
        var credential = Credentials.Of($"saturated-{rival.Processes}");
        await rival.WarmUpAsync();
        var before = await rival.OperationsAsync();
        var load = await rival.LoadAsync(
            _ => new WrkScript(
                "saturate.lua", ConnectionsEach, ConnectionsEach, ("WORK_AUTHORIZATION", credential), ("WORK_ADMISSIONS", file)),
            seconds);
        var operations = await rival.OperationsAsync() - before;
        var admissions = Admissions.Read(file);
        File.Delete(file);
        return new(rival.Name, rival.Processes, load, operations, admissions, TimeSpan.FromSeconds(seconds));
    }

    private static void Print(Hammering hammering)
    {
        var each = hammering.Lasted.TotalSeconds * hammering.Processes;
        var isWhole = hammering.Lasted > Window;
        Console.WriteLine(
            $"| {hammering.Processes} | {hammering.Name} | {hammering.Load.PerSecond:N0} | {hammering.Admissions.Count:N0} "
            + $"| **{hammering.Operations.Quota / each:N2}** | {(hammering.Operations.All - hammering.Operations.Quota) / each:N2} "
            + (isWhole ? $"| **{hammering.Admissions.Share(Limit, Window):0.0 %}** | **{hammering.Admissions.Over(Limit, Window)}** |" : "| | |"));
    }

    private sealed record Hammering(
        string Name, int Processes, LoadOfAll Load, Operations Operations, Admissions Admissions, TimeSpan Lasted);
}
