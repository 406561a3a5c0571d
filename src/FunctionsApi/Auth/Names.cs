using System.Buffers;

namespace FunctionsApi.Auth;

/// <summary>What tenants and users may be called.</summary>
internal static class Names
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly SearchValues<char> Tenant = SearchValues.Create(Letters + "0123456789._-");

    /// <summary>1 to 64 letters, digits, dots, hyphens and underscores. No slash: it parts tenant from user in a partition.</summary>
    public static bool IsTenant(string name) => name.Length is >= 1 and <= 64 && !name.AsSpan().ContainsAnyExcept(Tenant);

    /// <summary>1 to 128 visible ASCII characters.</summary>
    public static bool IsUser(string name) => name.Length is >= 1 and <= 128 && !name.AsSpan().ContainsAnyExceptInRange('!', '~');
}
