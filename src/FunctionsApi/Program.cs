using FunctionsApi.Alone;
using FunctionsApi.Cli;
using FunctionsApi.Functions;
using FunctionsApi.Telemetry;

StartTimes.Mark("runtime");
if (FunctionsHost.HasStarted(args))
    return await Worker.RunAsync(args, Console.Out, Console.Error);
if (args.Length > 0)
    return await CommandLine.RunAsync(args, Console.Out, Console.Error);
return await Server.RunAsync(Console.Out, Console.Error);
