using System.Globalization;

namespace FunctionsApi.Settings;

/// <summary>
/// Reads settings by name and gathers everything that is wrong with them, names that nothing reads included: a limit that
/// is misspelt must not be silently off.
/// </summary>
internal sealed class SettingsReader(IConfiguration configuration)
{
    private static readonly string[] Sections = ["Storage", "Quotas", "Auth", "Usage", "Crawl", CrossOriginOptions.Section];

    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _wrong = [];

    /// <returns>Null where it is not set or empty.</returns>
    public string? Text(string name)
    {
        _known.Add(name);
        return OfOthers(name);
    }

    /// <summary>A setting that is not ours: that of whoever runs us.</summary>
    /// <returns>Null where it is not set or empty.</returns>
    public string? OfOthers(string name) =>
        configuration[name] is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    /// <summary>One of several words, in any case; the first is the default.</summary>
    public string OneOf(string name, params ReadOnlySpan<string> words)
    {
        if (Text(name) is not { } text)
            return words[0];
        foreach (var word in words)
            if (word.Equals(text, StringComparison.OrdinalIgnoreCase))
                return word;
        Wrong(name, $"is '{text}': set it to {string.Join(" or ", words.ToArray().Select(word => $"'{word}'"))}.");
        return words[0];
    }

    /// <returns>1 to 3,650 days.</returns>
    public TimeSpan Days(string name, int otherwise)
    {
        if (Text(name) is not { } text)
            return TimeSpan.FromDays(otherwise);
        if (int.TryParse(text, NumberStyles.None, null, out var days) && days is >= 1 and <= 3_650)
            return TimeSpan.FromDays(days);
        Wrong(name, $"is '{text}': set it to a number of days, 1 to 3650, or unset it.");
        return TimeSpan.FromDays(otherwise);
    }

    /// <summary>An address that is safe to ask: https, or http on this machine.</summary>
    public Uri? Address(string name)
    {
        if (Text(name) is not { } text)
            return null;
        if (Uri.TryCreate(text, UriKind.Absolute, out var address)
            && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback)))
            return address;
        Wrong(name, "is not an address that begins with https:// (or http:// for one on this machine): correct it.");
        return null;
    }

    /// <summary>As people set it.</summary>
    public static string EnvironmentName(string name) => name.Replace(":", "__", StringComparison.Ordinal);

    public void Wrong(string name, string whatAndRemedy) => _wrong.Add($"{EnvironmentName(name)} {whatAndRemedy}");

    /// <exception cref="SettingsException">Something was wrong.</exception>
    public void Finish()
    {
        foreach (var name in Sections.SelectMany(section => Leaves(configuration.GetSection(section))).Where(name => !_known.Contains(name)))
            Wrong(name, $"is no setting: did you mean {EnvironmentName(Closest(name))}?");
        if (_wrong.Count > 0)
            throw new SettingsException(string.Join(Environment.NewLine, _wrong));
    }

    private static IEnumerable<string> Leaves(IConfigurationSection section) => section.Value is not null
        ? [section.Path]
        : section.GetChildren().SelectMany(Leaves);

    private string Closest(string name) => _known.MinBy(known => Distance(known.ToUpperInvariant(), name.ToUpperInvariant()))!;

    /// <summary>How many letters to add, drop or change to make one text the other.</summary>
    private static int Distance(string from, string to)
    {
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (var i = 1; i <= from.Length; i++)
        {
            (var diagonal, row[0]) = (row[0], i);
            for (var j = 1; j <= to.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (from[i - 1] == to[j - 1] ? 0 : 1)));
        }

        return row[^1];
    }
}
