// Azure Tables forbids / \ # ? and control characters in keys, mishandles % and +, and limits a key to 1 KiB of UTF-16. It
// promises to sort keys, but not where it puts surrogates. So a key is stored with each such character as two that are
// allowed, chosen so that escaped keys compare as the keys themselves do:
//
//   controls, space, ! " #     !0 to !Z: the 36 characters U+0000 to U+0023
//   $  &  *  .  >  [           $$  &&  **  ..  >>  [[  (each would otherwise be what escapes the character after it)
//   %  '  +  /  ?  \           $_  &_  *_  ._  >_  [_
//   ~ to U+009F                ~0 to ~X
//   U+D7A3 to U+FFFF           U+D7A3 and a Chinese character, U+4E00 to U+765C
//
// user:acme/alice is user:acme._alice. A first character that escapes is greater than all plain characters before what it
// escapes and less than those after it, and no escaped character begins another: that is why the order is kept.

namespace FunctionsApi.Storage.Azure;

/// <summary>Keys as Azure Tables holds them.</summary>
public static class EscapedKey
{
    /// <summary>In characters of UTF-16. Any text of half as many fits.</summary>
    public const int MaxLength = 512;

    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private const char HighLead = '\ud7a3';
    private const char FirstHighTail = '\u4e00';

    public static int Length(string key)
    {
        var length = key.Length;
        foreach (var c in key)
            if (!IsPlain(c))
                length++;
        return length;
    }

    public static string Escape(string key) => Length(key) is var length && length == key.Length
        ? key
        : string.Create(length, key, Escape);

    /// <exception cref="InvalidDataException">It is nothing that <see cref="Escape(string)"/> makes.</exception>
    public static string Unescape(string text)
    {
        if (text.All(IsPlain))
            return text;
        var key = new char[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
            key[length++] = IsPlain(text[i]) ? text[i] : Unescape(text[i], ++i < text.Length ? text[i] : default, text);
        return new(key, 0, length);
    }

    private static bool IsPlain(char c) =>
        c is > '#' and < '~' and not ('$' or '%' or '&' or '\'' or '*' or '+' or '.' or '/' or '>' or '?' or '[' or '\\')
        or > '\u009f' and < HighLead;

    private static void Escape(Span<char> escaped, string key)
    {
        var length = 0;
        foreach (var c in key)
        {
            if (IsPlain(c))
                escaped[length++] = c;
            else
                (escaped[length++], escaped[length++]) = Escape(c);
        }
    }

    private static (char Lead, char Tail) Escape(char c) => c switch
    {
        <= '#' => ('!', Digits[c]),
        '$' or '&' or '*' or '.' or '>' or '[' => (c, c),
        < '~' => ((char)(c - 1), '_'),
        < HighLead => ('~', Digits[c - '~']),
        _ => (HighLead, (char)(c - HighLead + FirstHighTail)),
    };

    private static char Unescape(char lead, char tail, string text)
    {
        var c = (char)(lead switch
        {
            '!' => Digits.IndexOf(tail),
            '~' => lead + Digits.IndexOf(tail),
            HighLead => lead + tail - FirstHighTail,
            _ => tail == '_' ? lead + 1 : lead,
        });
        return !IsPlain(c) && Escape(c) == (lead, tail)
            ? c
            : throw new InvalidDataException($"A key is '{text}', which this program did not write.");
    }
}
