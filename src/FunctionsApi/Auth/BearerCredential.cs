namespace FunctionsApi.Auth;

/// <summary>What an <c>Authorization</c> header presents: <c>Bearer</c>, one space, and the credential (RFC 6750, section 2.1).</summary>
internal static class BearerCredential
{
    private const string Scheme = "Bearer ";

    /// <returns>False for another scheme.</returns>
    public static bool TryRead(string header, out ReadOnlySpan<char> credential)
    {
        var isBearer = header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);
        credential = isBearer ? header.AsSpan(Scheme.Length) : default;
        return isBearer;
    }

    /// <summary>Whether it can be one at all: visible ASCII, so that the same credential cannot be sent in many forms.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> credential) =>
        credential.Length > 0 && !credential.ContainsAnyExceptInRange('!', '~');
}
