using System.Text;
using System.Text.RegularExpressions;

namespace FunctionsApi.Agents.Ingestion.Reading;

/// <summary>Turns a page's bytes into text: by its byte order mark, else the header's charset, else the one that the page names itself.</summary>
internal static partial class Charset
{
    // As far as browsers look.
    private const int MaxPrelude = 1024;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="bytes">The page.</param>
    /// <param name="named">The header's charset; one that nobody knows is left out.</param>
    /// <param name="isMarkup">Whether the page may name its charset itself, as HTML and XML do.</param>
    public static string Decode(ReadOnlySpan<byte> bytes, string? named, bool isMarkup)
    {
        var text = Encoding(bytes, named, isMarkup) is { } encoding ? encoding.GetString(bytes) : Undeclared(bytes);
        return text.TrimStart('\uFEFF');
    }

    private static Encoding? Encoding(ReadOnlySpan<byte> bytes, string? named, bool isMarkup) => bytes switch
    {
        [0xEF, 0xBB, 0xBF, ..] => System.Text.Encoding.UTF8,
        [0xFF, 0xFE, ..] => System.Text.Encoding.Unicode,
        [0xFE, 0xFF, ..] => System.Text.Encoding.BigEndianUnicode,
        _ => Find(named) ?? (isMarkup ? Find(Named(bytes)) is { } found ? InAscii(found) : null : null),
    };

    /// <summary>What is no UTF-8 is most often the encoding that Windows had before.</summary>
    private static string Undeclared(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return CodePagesEncodingProvider.Instance.GetEncoding(1252)!.GetString(bytes);
        }
    }

    private static string? Named(ReadOnlySpan<byte> bytes)
    {
        var prelude = System.Text.Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, MaxPrelude)]);
        return Declaration().Match(prelude) is { Success: true } match ? match.Groups["name"].Value : null;
    }

    /// <summary>A page whose declaration is readable as ASCII is not in UTF-16, even if it says so; browsers take it for UTF-8.</summary>
    private static Encoding InAscii(Encoding named) => named is UnicodeEncoding ? System.Text.Encoding.UTF8 : named;

    private static Encoding? Find(string? name)
    {
        if (name?.Trim('"', '\'', ' ') is not { Length: > 0 } plain || plain.StartsWith("utf-7", StringComparison.OrdinalIgnoreCase))
            return null;
        try
        {
            // Pages that say Latin-1 or ASCII mean the larger encoding of Windows, and browsers read them so.
            var browsers = plain.ToLowerInvariant() is "iso-8859-1" or "latin1" or "us-ascii" or "ascii" ? "windows-1252" : plain;
            return CodePagesEncodingProvider.Instance.GetEncoding(browsers) ?? System.Text.Encoding.GetEncoding(browsers);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    [GeneratedRegex("""<(?:meta\b[^>]*?\bcharset|\?xml\b[^>]*?\bencoding)\s*=\s*["']?\s*(?<name>[^\s"'/>;]+)""", RegexOptions.IgnoreCase)]
    private static partial Regex Declaration();
}
