using FunctionsApi.Cli;
using FunctionsApi.Simulator;

await using var context = new CommandContext(Console.Out, Console.Error, TimeProvider.System);
return await CommandLine.RunAsync(SimulateCommand.Create(context), args, context);
