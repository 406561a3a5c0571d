using FunctionsApi.Cli;
using FunctionsApi.Operations;

StartTimes.Mark("runtime");
return args.Length > 0
    ? await CommandLine.RunAsync(args, Console.Out, Console.Error)
    : await Server.RunAsync(Console.Out, Console.Error);
