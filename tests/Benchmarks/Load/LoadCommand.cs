using System.CommandLine;
using FunctionsApi.Benchmarks.Servers;

namespace FunctionsApi.Benchmarks.Load;

/// <summary>A contest between FunctionsApi and others, as a command.</summary>
internal static class LoadCommand
{
    private static readonly Option<int> Rounds = Number("--rounds", 5, "How often each server has its turn.");
    private static readonly Option<int> Seconds = Number("--seconds", 5, "How long a turn is.");
    private static readonly Option<int> WarmUp = Number("--warm-up", 8, "Seconds of load before the first round.");
    private static readonly Option<int> Connections = Number("--connections", 32, "How many requests are under way at once.");

    /// <param name="name">The verb.</param>
    /// <param name="description">For the help text.</param>
    /// <param name="publish">Publishes FunctionsApi, and whatever else takes part.</param>
    /// <param name="us">Starts FunctionsApi.</param>
    /// <param name="rivals">The others.</param>
    public static Command Create(
        string name,
        string description,
        Func<Task<Product>> publish,
        Func<Product, Func<Task<IServer>>> us,
        Func<Product, IEnumerable<Contestant>> rivals)
    {
        var command = new Command(name, description) { Rounds, Seconds, WarmUp, Connections };
        command.SetAction(async (arguments, _) =>
        {
            var options = new ContestOptions(
                arguments.GetValue(Rounds), arguments.GetValue(Seconds), arguments.GetValue(WarmUp), arguments.GetValue(Connections));
            Progress.Say("publishing FunctionsApi");
            using var product = await publish();
            await RunAsync(options, product.Authorization, new("FunctionsApi", us(product)), rivals(product));
        });
        return command;
    }

    private static async Task RunAsync(ContestOptions options, string authorization, Contestant us, IEnumerable<Contestant> rivals)
    {
        Contestant[] all = [us, .. rivals];
        await using var contest = new Contest(options, authorization, all);
        var turns = await contest.RunAsync();
        Console.WriteLine(
            $"POST {Work.Path}, {Work.Body.Length} bytes of JSON, {options.Connections} connections, "
            + $"{options.Rounds} rounds of {options.Seconds} s each in turn; medians; every answer was 200");
        Console.WriteLine();
        ContestTable.Print(all, turns, us);
    }

    private static Option<int> Number(string name, int usual, string description) =>
        new(name) { Description = description, DefaultValueFactory = _ => usual };
}
