using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace FunctionsApi.Auth;

/// <summary>
/// An API key: <c>fa_</c> and 32 random base62 characters, 190 bits. It is known by its SHA-256 alone; a slow hash would
/// protect a guessable password, which this is not.
/// </summary>
internal static class ApiKey
{
    public const string Prefix = "fa_";
    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int RandomLength = 32;
    private const int MinLength = 24;
    private const int MaxLength = 128;

    private static readonly SearchValues<char> Allowed = SearchValues.Create(Base62);

    public static string Create() => Prefix + RandomNumberGenerator.GetString(Base62, RandomLength);

    /// <summary>Whether it could be a key at all; nothing else is looked up.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text) =>
        text.StartsWith(Prefix, StringComparison.Ordinal)
        && text.Length - Prefix.Length is >= MinLength and <= MaxLength
        && !text[Prefix.Length..].ContainsAnyExcept(Allowed);

    /// <summary>SHA-256 in lower-case hex.</summary>
    public static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(key)));

    /// <summary>Enough to recognise a key in a list, and far too little to use it.</summary>
    public static string DisplayPrefix(string key) => key[..(Prefix.Length + 4)];
}
