using FunctionsApi.Cli;
using FunctionsApi.Operations;

return args.Length > 0
    ? await CommandLine.RunAsync(args, Console.Out, Console.Error)
    : await Server.RunAsync(Console.Out, Console.Error);
