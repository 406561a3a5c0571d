using FunctionsApi.Alone;
using FunctionsApi.Cli;
using FunctionsApi.Telemetry;

StartTimes.Mark("runtime");
return args.Length > 0
    ? await CommandLine.RunAsync(args, Console.Out, Console.Error)
    : await Server.RunAsync(Console.Out, Console.Error);
