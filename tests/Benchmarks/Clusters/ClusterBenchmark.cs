using System.CommandLine;
using FunctionsApi.Benchmarks.Servers;

namespace FunctionsApi.Benchmarks.Clusters;

/// <summary>
/// <c>cluster</c>: several server processes that share one quota on Azurite, and beside them as many Node processes that share
/// one on Redis: a hot key, cold keys, a saturated key.
/// </summary>
internal static class ClusterBenchmark
{
    private static readonly Option<int[]> Processes = new("--processes")
    {
        Description = "How many servers, for each row.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [1, 2, 4],
    };

    private static readonly Option<string[]> Parts = new("--parts")
    {
        Description = "hot, cold, saturated.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => ["hot", "cold", "saturated"],
    };

    private static readonly Option<int> Rounds = Number("--rounds", 3, "How often each rival has its turn.");
    private static readonly Option<int> Seconds = Number("--seconds", 3, "How long a turn is.");
    private static readonly Option<int> Keys = Number("--keys", 10_000, "Cold keys for each row.");
    private static readonly Option<int> Connections = Number("--connections", 32, "How many requests are under way at once.");

    public static Command Create()
    {
        var command = new Command("cluster", "1, 2 and 4 servers on Azurite, and Node with rate-limiter-flexible on Redis: hot, cold and saturated keys.")
        {
            Processes, Parts, Rounds, Seconds, Keys, Connections,
        };
        command.SetAction((arguments, _) => RunAsync(
            arguments.GetRequiredValue(Parts),
            new(
                arguments.GetRequiredValue(Processes), arguments.GetValue(Rounds), arguments.GetValue(Seconds),
                arguments.GetValue(Keys), arguments.GetValue(Connections))));
        return command;
    }

    private static async Task RunAsync(string[] parts, ClusterOptions options)
    {
        Progress.Say("publishing FunctionsApi, installing Azurite and the peers");
        await Task.WhenAll(AzuriteServer.InstallAsync(), NodePeer.InstallAsync());
        using var product = await Product.PublishAsync();
        await using var redis = await RedisServer.TryStartAsync();
        if (redis is null)
            Progress.Say("Redis is missing: apt-get install redis-server");
        var run = new ClusterRun(options, product, redis);
        if (parts.Contains("hot"))
            await HotKey.RunAsync(run);
        if (parts.Contains("cold"))
            await ColdKeys.RunAsync(run);
        if (parts.Contains("saturated"))
            await SaturatedKey.RunAsync(run);
    }

    private static Option<int> Number(string name, int usual, string description) =>
        new(name) { Description = description, DefaultValueFactory = _ => usual };
}
