// Figures of one server in one run say little: the machine is shared with the load generator and with whatever else runs.
// So all servers run side by side, each in its own process, and take turns: in every round each is loaded for some seconds
// while the others idle, and what is compared is the ratio within a round. Processor time for each request is the server's
// own, and hardly depends on what else the machine does.

using FunctionsApi.Benchmarks.Servers;

namespace FunctionsApi.Benchmarks.Load;

/// <param name="Name">As the table shows it.</param>
/// <param name="StartAsync">Starts it.</param>
internal sealed record Contestant(string Name, Func<Task<IServer>> StartAsync)
{
    public string Method { get; init; } = "POST";

    public string Path { get; init; } = Work.Path;
}

/// <param name="Rounds">How often each server has its turn.</param>
/// <param name="Seconds">How long a turn is.</param>
/// <param name="WarmUpSeconds">How long each server is loaded before the first round.</param>
/// <param name="Connections">How many requests are under way at once.</param>
internal sealed record ContestOptions(int Rounds, int Seconds, int WarmUpSeconds, int Connections);

/// <summary>Lets servers do the same work in turn.</summary>
internal sealed class Contest(ContestOptions options, string authorization, IReadOnlyList<Contestant> contestants) : IAsyncDisposable
{
    private readonly List<IServer> _servers = [];

    /// <returns>For each contestant, its turns in order.</returns>
    public async Task<IReadOnlyList<Turn[]>> RunAsync()
    {
        foreach (var contestant in contestants)
        {
            Progress.Say($"warming up {contestant.Name}");
            _servers.Add(await contestant.StartAsync());
            await LoadAsync(contestant, _servers[^1], options.WarmUpSeconds);
        }

        var turns = contestants.Select(_ => new Turn[options.Rounds]).ToArray();
        for (var round = 0; round < options.Rounds; round++)
            for (var i = 0; i < contestants.Count; i++)
            {
                // Every other round runs backwards, so that nobody is always behind the same one.
                var place = round % 2 == 0 ? i : contestants.Count - 1 - i;
                var turn = turns[place][round] = await TurnAsync(contestants[place], _servers[place]);
                Progress.Say($"round {round + 1} of {options.Rounds}: {contestants[place].Name}: {turn.Load.PerSecond:N0} requests/s");
            }

        return turns;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
    }

    private async Task<Turn> TurnAsync(Contestant contestant, IServer server)
    {
        var before = server.ProcessorTime;
        var load = await LoadAsync(contestant, server, options.Seconds);
        return new(load, server.ProcessorTime - before);
    }

    private Task<WrkResult> LoadAsync(Contestant contestant, IServer server, int seconds) =>
        new WrkScript("infer.lua", 1, options.Connections, ("WORK_AUTHORIZATION", authorization), ("WORK_METHOD", contestant.Method))
            .RunAsync(new(server.Address, contestant.Path), seconds);
}

/// <param name="Load">What the load generator saw.</param>
/// <param name="ProcessorTime">What the server used meanwhile.</param>
internal sealed record Turn(WrkResult Load, TimeSpan ProcessorTime)
{
    public double MicrosecondsPerRequest => ProcessorTime.TotalMicroseconds / Load.Requests;
}
