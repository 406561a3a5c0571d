using System.Text;

namespace FunctionsApi.Storage.Sqlite;

/// <summary>
/// A key as bytes that compare as <see cref="string.CompareOrdinal(string, string)"/> compares the key: UTF-16 with the
/// high byte first. UTF-8 would be shorter but puts an emoji, as UTF-16 a pair of D800 to DFFF, after U+FFFD.
/// </summary>
internal static class KeyBytes
{
    /// <summary>Greater than every key: the longest key has 1,024 bytes.</summary>
    public static byte[] End { get; } = [.. Enumerable.Repeat((byte)0xFF, 1025)];

    public static byte[] Encode(string key) => Encoding.BigEndianUnicode.GetBytes(key);

    public static string Decode(byte[] bytes) => Encoding.BigEndianUnicode.GetString(bytes);

    /// <summary>Greater than this key and less than any other that is: where a range goes on after it.</summary>
    public static byte[] After(byte[] key) => [.. key, 0];
}
