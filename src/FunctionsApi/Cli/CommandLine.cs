using System.CommandLine;
using System.CommandLine.Invocation;
using FunctionsApi.Settings;
using FunctionsApi.Storage;

namespace FunctionsApi.Cli;

/// <summary>The program's own command line.</summary>
internal static class CommandLine
{
    /// <summary>On every command: one JSON document on standard output, for scripts.</summary>
    public static Option<bool> Json { get; } = new("--json") { Description = "Print one JSON document.", Recursive = true };

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        await using var context = new CommandContext(output, error, TimeProvider.System);
        return await RunAsync(args, context);
    }

    /// <returns>The exit code: 0 done, 1 failed, 2 misused.</returns>
    public static Task<int> RunAsync(string[] args, CommandContext context) => RunAsync(CreateRoot(context), args, context);

    /// <summary>Runs a program that has this command line.</summary>
    public static async Task<int> RunAsync(RootCommand command, string[] args, CommandContext context)
    {
        try
        {
            var arguments = command.Parse(args);
            var isMistake = arguments.Action is ParseErrorAction;
            var code = await arguments.InvokeAsync(new()
            {
                // The help that follows a mistake is none of what a script reads.
                Output = isMistake ? context.Error : context.Output,
                Error = context.Error,
                EnableDefaultExceptionHandler = false,
            });
            return isMistake ? 2 : code;
        }
        catch (MisuseException exception)
        {
            await context.Error.WriteLineAsync(exception.Message);
            return 2;
        }
        catch (Exception exception) when (exception is CommandException or SettingsException or TableStoreException)
        {
            await context.Error.WriteLineAsync(exception.Message);
            return 1;
        }
    }

    /// <summary>All commands; parsing runs none of them.</summary>
    public static RootCommand CreateRoot(CommandContext context) =>
        new("Two APIs, sold by plan. Without a command it serves them; the commands work on the same storage, also meanwhile.")
        {
            Json,
            KeysCommands.Create(context),
            PlansCommands.Create(context),
            TenantsCommands.Create(context),
            DeploymentsCommands.Create(context),
            QuotasCommands.Create(context),
            UsageCommands.Create(context),
            AlertsCommands.Create(context),
            TopCommand.Create(context),
            SweepCommand.Create(context),
        };
}
