using System.CommandLine;
using FunctionsApi.Simulation;
using Spectre.Console;

namespace FunctionsApi.Cli;

/// <summary><c>simulate</c></summary>
internal static class SimulateCommand
{
    public static Command Create(CommandContext context)
    {
        var options = new SimulateOptions();
        var command = new Command("simulate", "Foretell what a fleet costs at the store and makes requests wait, in simulated time; touches no storage.");
        foreach (var option in options.All)
            command.Options.Add(option);
        command.SetAction((arguments, cancellationToken) =>
        {
            var (settings, price, axes) = (options.Read(arguments), options.Price(arguments), options.Sweep(arguments));
            var json = arguments.GetValue(CommandLine.Json);
            var output = new SimulateOutput(context, price);
            // A simulation belongs to one thread.
            if (axes.Count == 0)
            {
                var report = WithProgress(context, "Simulating", tell => Fleet.Run(settings, tell, cancellationToken));
                output.Print(report, json);
                return Task.FromResult(0);
            }

            var sweep = new FleetSweep(settings, axes);
            var reports = WithProgress(context, "Simulating", tell => sweep.Run(tell, cancellationToken));
            output.Print(reports, json);
            if (options.SvgFile(arguments) is { } file)
                File.WriteAllText(file, SweepChart.Draw(reports, price));
            return Task.FromResult(0);
        });
        return command;
    }

    private static T WithProgress<T>(CommandContext context, string what, Func<Action<double>, T> work)
    {
        var console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(context.Error) });
        return console.Profile.Out.IsTerminal
            ? console.Progress().AutoClear(true).Start(progress =>
            {
                var task = progress.AddTask(what, maxValue: 1);
                return work(done => task.Value = done);
            })
            : work(_ => { });
    }
}
