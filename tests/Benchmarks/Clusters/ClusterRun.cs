using FunctionsApi.Benchmarks.Servers;

namespace FunctionsApi.Benchmarks.Clusters;

/// <param name="Processes">How many servers, for each row.</param>
/// <param name="Rounds">How often each rival has its turn.</param>
/// <param name="Seconds">How long a turn is.</param>
/// <param name="Keys">Cold keys for each row.</param>
/// <param name="Connections">How many requests are under way at once, over all servers.</param>
internal sealed record ClusterOptions(int[] Processes, int Rounds, int Seconds, int Keys, int Connections);

/// <param name="Options">What was asked for.</param>
/// <param name="Product">Published.</param>
/// <param name="Redis">Null where it is not installed.</param>
internal sealed record ClusterRun(ClusterOptions Options, Product Product, RedisServer? Redis)
{
    /// <summary>Stands where a figure would, were Redis installed.</summary>
    public const string Missing = "missing: `apt-get install redis-server`";

    // Usage is written every 2 s, and a quiet partition gives its leases back as soon.
    private static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(4);

    /// <param name="limit">Of each key, for 60 s.</param>
    /// <param name="processes">How many.</param>
    /// <returns>Null where Redis is not installed.</returns>
    public async Task<Rival?> StartPeersAsync(int limit, int processes) =>
        Redis is null ? null : await Rival.StartAsync(Redis, limit, processes);

    /// <returns>At least one for each.</returns>
    public int ConnectionsEach(int processes) => Math.Max(1, Options.Connections / processes);

    /// <summary>Each rival has its turn in each round; every other round runs backwards.</summary>
    /// <returns>One outcome for each, in their order.</returns>
    public async Task<IReadOnlyList<Outcome>> CompeteAsync(IReadOnlyList<Rival> rivals, Func<Rival, int, Task<LoadOfAll>> turnAsync)
    {
        var before = await OperationsAsync(rivals);
        var turns = rivals.Select(_ => new LoadOfAll[Options.Rounds]).ToArray();
        for (var round = 0; round < Options.Rounds; round++)
            foreach (var place in Enumerable.Range(0, rivals.Count).OrderBy(place => round % 2 == 0 ? place : -place))
            {
                var turn = turns[place][round] = await turnAsync(rivals[place], round);
                Progress.Say($"round {round + 1} of {Options.Rounds}, {rivals[place].Processes} × {rivals[place].Name}: {turn.PerSecond:N0} requests/s");
            }

#pragma warning disable RS0030 // What servers do on their own while nobody asks is part of what they do.
        await Task.Delay(Aftermath, TimeProvider.System);
#pragma warning restore RS0030
        var after = await OperationsAsync(rivals);
        return [.. rivals.Select((rival, place) => new Outcome(rival, turns[place], after[place] - before[place]))];
    }

    private static async Task<Operations[]> OperationsAsync(IReadOnlyList<Rival> rivals)
    {
        var all = new Operations[rivals.Count];
        for (var place = 0; place < all.Length; place++)
            all[place] = await rivals[place].OperationsAsync();
        return all;
    }
}

/// <param name="Rival">Whose.</param>
/// <param name="Turns">In order.</param>
/// <param name="Operations">All that the turns cost.</param>
internal sealed record Outcome(Rival Rival, LoadOfAll[] Turns, Operations Operations)
{
    public long Requests => Turns.Sum(turn => turn.Requests);

    /// <summary>The cells "requests/s", "FunctionsApi / this, by round" and "median", without the outer bars.</summary>
    public string SpeedCells(Outcome ours)
    {
        var speed = $"{Statistics.Median(Turns.Select(turn => turn.PerSecond)):N0}";
        if (ours == this)
            return $"{speed} | |";
        double[] ratios = [.. ours.Turns.Zip(Turns, (our, their) => our.PerSecond / their.PerSecond)];
        return $"{speed} | {string.Join(' ', ratios.Select(ratio => $"{ratio:0.00}"))} | **{Statistics.Median(ratios):0.00}**";
    }
}
