using System.CommandLine;
using System.Text.Json;
using FunctionsApi.Operations;
using Spectre.Console;

namespace FunctionsApi.Cli;

/// <summary><c>top</c></summary>
internal static class TopCommand
{
    private const int LongestInterval = 3600;

    private static readonly Option<bool> Once = new("--once") { Description = "Print it once; so does a pipe." };

    private static readonly Option<int> Interval = new("--interval") { Description = "Seconds until it is read again: 1 to 3600.", DefaultValueFactory = _ => 2 };

    public static Command Create(CommandContext context)
    {
        var command = new Command("top", "Watch the instances, the ledger as they find it, the largest consumers, and what shadow policies would have refused.") { Once, Interval };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            if (arguments.GetValue(Interval) is < 1 or > LongestInterval)
                throw new CommandException($"--interval is 1 to {LongestInterval} seconds.");
            var console = context.Console();
            if (arguments.GetValue(CommandLine.Json))
                await PrintJsonAsync(context, cancellationToken);
            else if (arguments.GetValue(Once) || !console.Profile.Out.IsTerminal)
                console.Write(TopView.Of(await ReadAsync(context, cancellationToken)));
            else
                await WatchAsync(context, console, TimeSpan.FromSeconds(arguments.GetValue(Interval)), cancellationToken);
            return 0;
        });
        return command;
    }

    private static async Task PrintJsonAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var report = await ReadAsync(context, cancellationToken);
        context.PrintJson(json => JsonSerializer.Serialize(json, report, OperationsJson.Default.OperationsReport));
    }

    private static async Task<OperationsReport> ReadAsync(CommandContext context, CancellationToken cancellationToken) =>
        OperationsReport.Of(await new InstanceTable(await context.StoreAsync()).ListAsync(cancellationToken), context.Time.GetUtcNow());

    // Until it is interrupted, which is how it ends.
    private static async Task WatchAsync(CommandContext context, IAnsiConsole console, TimeSpan interval, CancellationToken cancellationToken)
    {
        var first = TopView.Of(await ReadAsync(context, cancellationToken));
        await console.Live(first).AutoClear(true).StartAsync(async live =>
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                await Task.Delay(interval, context.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (!cancellationToken.IsCancellationRequested)
                    live.UpdateTarget(TopView.Of(await ReadAsync(context, cancellationToken)));
            }
        });
    }
}
