using FunctionsApi.Auth;

namespace FunctionsApi.Cli;

/// <summary>A tenant's name as it is typed.</summary>
internal static class TenantName
{
    /// <exception cref="CommandException">No tenant can be called so.</exception>
    public static string Checked(string name) => Names.IsTenant(name)
        ? name
        : throw new CommandException("The tenant must be 1 to 64 letters, digits, dots, hyphens and underscores.");
}
