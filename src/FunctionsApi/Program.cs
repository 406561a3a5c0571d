using FunctionsApi.Cli;
using FunctionsApi.Operations;
using FunctionsApi.Storage;

if (args.Length > 0)
    return await CommandLine.RunAsync(args, Console.Out, Console.Error);

await using var app = Server.Build(WebApplication.CreateSlimBuilder(), new InMemoryTableStore(), TimeProvider.System);
await app.RunAsync();
return 0;
