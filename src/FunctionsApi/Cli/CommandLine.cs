using System.CommandLine;

namespace FunctionsApi.Cli;

/// <summary>The program's own command line.</summary>
internal static class CommandLine
{
    /// <summary>On every command: one JSON document on standard output, for scripts.</summary>
    public static Option<bool> Json { get; } = new("--json") { Description = "Print one JSON document.", Recursive = true };

    /// <returns>The exit code: 0 done, 1 failed or misused.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        await using var context = new CommandContext(output, error, TimeProvider.System);
        return await CreateRoot(context).Parse(args).InvokeAsync(new() { Output = output, Error = error });
    }

    // Each feature's commands are added here.
    private static RootCommand CreateRoot(CommandContext context) => new("FunctionsApi: two APIs, sold by plan. Without a command it serves them.")
    {
        Json,
        KeysCommands.Create(context),
        DeploymentsCommands.Create(context),
    };
}
