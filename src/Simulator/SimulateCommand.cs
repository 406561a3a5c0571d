using System.CommandLine;
using FunctionsApi.Cli;
using Spectre.Console;

namespace FunctionsApi.Simulator;

/// <summary>The command line: <c>dotnet run --project src/Simulator</c>.</summary>
internal static class SimulateCommand
{
    public static RootCommand Create(CommandContext context)
    {
        var options = new SimulateOptions();
        var command = new RootCommand("Foretell what a fleet costs at the store and makes requests wait, in simulated time; touches no storage.") { CommandLine.Json };
        foreach (var option in options.All)
            command.Options.Add(option);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var (settings, price, axes) = (options.Read(arguments), options.Price(arguments), options.Sweep(arguments));
            var svg = options.SvgFile(arguments);
            var json = arguments.GetValue(CommandLine.Json);
            var started = context.Time.GetTimestamp();
            var output = new SimulateOutput(context, price, () => context.Time.GetElapsedTime(started));
            if (axes.Count == 0)
                output.Print(await RunAsync(context, tell => Fleet.Run(settings, tell, cancellationToken)), json);
            else
            {
                var sweep = new FleetSweep(settings, axes);
                var reports = await RunAsync(context, tell => sweep.Run(tell, cancellationToken));
                output.Print(reports, json);
                if (svg is not null)
                    Write(svg, SweepChart.Draw(reports, price));
            }
            return 0;
        });
        return command;
    }

    private static void Write(string file, string svg)
    {
        try
        {
            File.WriteAllText(file, svg);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"--svg '{file}' cannot be written: {e.Message}");
        }
    }

    // On a thread of its own, so that Ctrl+C is heard meanwhile.
    private static Task<T> RunAsync<T>(CommandContext context, Func<Action<double>, T> work) => Task.Run(() =>
    {
        var console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(context.Error) });
        return console.Profile.Out.IsTerminal
            ? console.Progress().AutoClear(true).Start(progress =>
            {
                var task = progress.AddTask("Simulating", maxValue: 1);
                return work(done => task.Value = done);
            })
            : work(_ => { });
    });
}
