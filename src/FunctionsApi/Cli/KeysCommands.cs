using System.CommandLine;

namespace FunctionsApi.Cli;

/// <summary><c>keys create|list|revoke</c></summary>
internal static class KeysCommands
{
    public static Command Create(CommandContext context) => new("keys", "Create, list and revoke API keys.")
    {
        new Command("list", "List a tenant's keys."),
    };
}
