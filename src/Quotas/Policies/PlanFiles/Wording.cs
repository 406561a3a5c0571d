namespace FunctionsApi.Quotas.Policies.PlanFiles;

/// <summary>How errors speak of what the file says.</summary>
internal static class Wording
{
    private const int MaxShown = 40;

    /// <summary>A name or number of the file, as it can be shown in one line of a terminal.</summary>
    public static string Shown(string text)
    {
        var plain = string.Concat(text.Take(MaxShown).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
        return text.Length > MaxShown ? plain + "…" : plain;
    }

    public static string Quoted(string text) => $"\"{Shown(text)}\"";

    public static string List(IEnumerable<string> names) => string.Join(", ", names);

    /// <summary>What the writer of an unknown name may have meant.</summary>
    public static string DidYouMean(string name, IReadOnlyCollection<string> known, string what) =>
        known.MinBy(candidate => Distance(name, candidate)) is { } nearest && Distance(name, nearest) <= Tolerance(nearest)
            ? $"Did you mean \"{nearest}\"?"
            : $"Known {what}: {List(known)}.";

    private static int Tolerance(string name) => Math.Max(1, name.Length / 3);

    /// <summary>Letters to insert, remove or replace to make one name of the other (Levenshtein), regardless of case.</summary>
    private static int Distance(string a, string b)
    {
        if (Math.Abs(a.Length - b.Length) > Tolerance(b))
            return int.MaxValue;

        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
