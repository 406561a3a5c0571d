using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace FunctionsApi.Settings;

/// <summary>
/// What binding settings to options leaves out: a name that nothing reads is told, for a limit that is misspelt must not be
/// silently off; and every value that is not of its type, where the binder would stop at the first.
/// </summary>
internal static class SettingsText
{
    /// <param name="Name">With <c>:</c> between its parts.</param>
    /// <param name="Property">What it is bound to.</param>
    public sealed record Setting(string Name, PropertyInfo Property);

    /// <param name="options">Bound to a section.</param>
    /// <param name="section">Empty for names that stand alone.</param>
    public static IEnumerable<Setting> Of(Type options, string section) =>
        from property in options.GetProperties()
        where property.SetMethod is not null
        let name = property.GetCustomAttribute<ConfigurationKeyNameAttribute>()?.Name ?? property.Name
        select new Setting(section.Length == 0 ? name : $"{section}:{name}", property);

    /// <returns>Everything that is wrong, each with its remedy. A wrong value is taken out of the values, since it has been told.</returns>
    public static List<string> TakeWrong(Dictionary<string, string?> values, IReadOnlyList<Setting> settings)
    {
        List<string> wrong = [];
        foreach (var (name, property) in settings)
            if (values.GetValueOrDefault(name) is { } text && Mistake(EnvironmentName(name), text, property) is { } mistake)
            {
                wrong.Add(mistake);
                values.Remove(name);
            }

        var sections = settings.Where(setting => setting.Name.Contains(':')).Select(setting => SectionOf(setting.Name)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var known = settings.Select(setting => setting.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        wrong.AddRange(
            from name in values.Keys
            where sections.Contains(SectionOf(name)) && !known.Contains(name)
            select $"{EnvironmentName(name)} is no setting: did you mean {EnvironmentName(Closest(name, known))}?");
        return wrong;
    }

    /// <summary>As people set it.</summary>
    public static string EnvironmentName(string name) => name.Replace(":", "__", StringComparison.Ordinal);

    /// <param name="name">As people set it.</param>
    /// <param name="text">What it is.</param>
    /// <param name="words">What it could be.</param>
    public static string NoneOf(string name, string text, IEnumerable<string> words) =>
        $"{name} is '{text}': set it to {string.Join(" or ", words.Select(word => $"'{word}'"))}.";

    private static string? Mistake(string name, string text, PropertyInfo property)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (type == typeof(string))
            return null;
        if (type == typeof(int))
            return WrongNumber(name, text, property);
        // The binder would take a number as well.
        string[] words = type == typeof(bool) ? ["false", "true"] : [.. type.GetEnumNames().Select(word => word.ToLowerInvariant())];
        return words.Contains(text, StringComparer.OrdinalIgnoreCase) ? null : NoneOf(name, text, words);
    }

    private static string? WrongNumber(string name, string text, PropertyInfo property)
    {
        var range = property.GetCustomAttribute<RangeAttribute>()!;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && range.IsValid(number))
            return null;
        return $"{name} is '{text}': set it to {property.GetCustomAttribute<DescriptionAttribute>()!.Description}, {range.Minimum} to {range.Maximum}, or unset it.";
    }

    private static string SectionOf(string name) => name.Split(':')[0];

    private static string Closest(string name, IEnumerable<string> known) => known
        .Where(other => SectionOf(other).Equals(SectionOf(name), StringComparison.OrdinalIgnoreCase))
        .MinBy(other => Distance(name, other))!;

    /// <summary>
    /// How many letters to add, drop or change to make the one text the other's beginning, and the whole of it, whatever their case.
    /// </summary>
    private static (int ToBeginning, int ToWhole) Distance(string from, string to)
    {
        (from, to) = (from.ToUpperInvariant(), to.ToUpperInvariant());
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (var i = 1; i <= from.Length; i++)
        {
            (var diagonal, row[0]) = (row[0], i);
            for (var j = 1; j <= to.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (from[i - 1] == to[j - 1] ? 0 : 1)));
        }

        return (row.Min(), row[^1]);
    }
}
