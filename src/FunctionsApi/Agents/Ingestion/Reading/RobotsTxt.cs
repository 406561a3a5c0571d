// robots.txt as RFC 9309 has it. A file is groups of rules, each for the crawlers that its user-agent lines name; groups for the same
// crawler are one. A crawler that no group names takes those for *. Of the rules that match a path the longest decides, and allow
// where two are as long; a path that none matches is allowed. In a rule * stands for any characters, and $ at its end for the path's.
//
//   user-agent: *
//   allow: /plans/*.html$
//   disallow: /plans/       forbids /plans/old and allows /plans/new.html: 14 characters are more than 7

using System.Text;

namespace FunctionsApi.Agents.Ingestion.Reading;

/// <summary>What a site wants crawlers to leave alone.</summary>
internal sealed class RobotsTxt
{
    /// <summary>How much of a file is read; RFC 9309 wants 500 KiB at least.</summary>
    public const int MaxBytes = 500 * 1024;

    private const int MaxRules = 10_000, MaxSitemaps = 100;

    private readonly Rule[] _rules;

    private RobotsTxt(Rule[] rules, TimeSpan? crawlDelay, IReadOnlyList<string> sitemaps, string? unreadable = null) =>
        (_rules, CrawlDelay, Sitemaps, Unreadable) = (rules, crawlDelay, sitemaps, unreadable);

    /// <summary>Everything is allowed, as where there is no such file.</summary>
    public static RobotsTxt AllowAll { get; } = new([], null, []);

    /// <summary>How long a crawler is to wait between two requests; null where the site does not say.</summary>
    public TimeSpan? CrawlDelay { get; }

    /// <summary>Where the site's sitemaps are, as it says it.</summary>
    public IReadOnlyList<string> Sitemaps { get; }

    /// <summary>Why the file could not be read, so that nothing is allowed; null where it could.</summary>
    public string? Unreadable { get; }

    /// <summary>Nothing is allowed, since nobody knows what the file says.</summary>
    public static RobotsTxt DisallowAll(string reason) => new([new("/", false)], null, [], reason);

    /// <param name="file">What the site serves; everything after <see cref="MaxBytes"/> is left out.</param>
    /// <param name="agent">The crawler's product token.</param>
    public static RobotsTxt Parse(ReadOnlySpan<byte> file, string agent)
    {
        var text = Encoding.UTF8.GetString(file[..Math.Min(file.Length, MaxBytes)]);
        var (own, general) = (new Group(), new Group());
        List<string> sitemaps = [];
        // Rules that follow user-agent lines are theirs; the next user-agent line after a rule begins another group.
        List<Group> current = [];
        var begun = false;
        foreach (var line in text.AsSpan().TrimStart('\uFEFF').EnumerateLines())
        {
            if (Record(line) is not var (field, value))
                continue;
            if (field.Equals("user-agent", StringComparison.OrdinalIgnoreCase))
            {
                if (begun)
                    current.Clear();
                begun = false;
                if (value.StartsWith('*'))
                    current.Add(general);
                else if (TokenOf(value).Equals(agent, StringComparison.OrdinalIgnoreCase))
                    current.Add(own);
                foreach (var group in current)
                    group.IsNamed = true;
            }
            else if (field.Equals("sitemap", StringComparison.OrdinalIgnoreCase))
            {
                // Concerns everybody and ends no group.
                if (sitemaps.Count < MaxSitemaps)
                    sitemaps.Add(value);
            }
            else if (IsRule(field, out var allows))
            {
                begun = true;
                foreach (var group in current)
                    group.Add(value, allows);
            }
            else if (field.Equals("crawl-delay", StringComparison.OrdinalIgnoreCase))
            {
                begun = true;
                foreach (var group in current)
                    group.CrawlDelay ??= SecondsOf(value);
            }
        }

        var ours = own.IsNamed ? own : general;
        return new([.. ours.Rules], ours.CrawlDelay, sitemaps);
    }

    /// <summary>Whether a page may be fetched.</summary>
    public bool Allows(Uri url)
    {
        if (url.AbsolutePath == "/robots.txt")
            return true;
        var path = Normalize(url.PathAndQuery, isRule: false);
        var best = new Rule("", true);
        foreach (var rule in _rules)
            if ((rule.Path.Length > best.Path.Length || (rule.Path.Length == best.Path.Length && rule.Allows)) && Matches(rule.Path, path))
                best = rule;
        return best.Allows;
    }

    /// <returns>Null where the line says nothing.</returns>
    private static (string Field, string Value)? Record(ReadOnlySpan<char> line)
    {
        if (line.IndexOf('#') is >= 0 and var comment)
            line = line[..comment];
        var colon = line.IndexOf(':');
        return colon <= 0 ? null : (line[..colon].Trim().ToString(), line[(colon + 1)..].Trim().ToString());
    }

    private static bool IsRule(string field, out bool allows)
    {
        allows = field.Equals("allow", StringComparison.OrdinalIgnoreCase);
        return allows || field.Equals("disallow", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>A product token is letters, hyphens and underscores; a version may follow.</summary>
    private static string TokenOf(string value) => value[..value.TakeWhile(letter => char.IsAsciiLetter(letter) || letter is '-' or '_').Count()];

    private static TimeSpan? SecondsOf(string value) =>
        double.TryParse(value, System.Globalization.NumberStyles.AllowDecimalPoint, System.Globalization.CultureInfo.InvariantCulture, out var seconds) && seconds <= 86_400
            ? TimeSpan.FromSeconds(seconds)
            : null;

    /// <summary>
    /// Makes equal what means the same: characters beyond ASCII are percent-encoded, characters that need no encoding are not, and the
    /// two that mean something in a rule are encoded where they mean nothing.
    /// </summary>
    private static string Normalize(string path, bool isRule)
    {
        var text = new StringBuilder(path.Length);
        for (var at = 0; at < path.Length; at++)
        {
            var letter = path[at];
            if (letter == '%' && at + 2 < path.Length && char.IsAsciiHexDigit(path[at + 1]) && char.IsAsciiHexDigit(path[at + 2]))
            {
                var octet = Convert.ToByte(path.Substring(at + 1, 2), 16);
                at += 2;
                if (char.IsAsciiLetterOrDigit((char)octet) || (char)octet is '-' or '.' or '_' or '~')
                    text.Append((char)octet);
                else
                    text.Append('%').Append(octet.ToString("X2", null));
            }
            else if (letter > '\u007E' || (letter == '*' && !isRule) || (letter == '$' && !(isRule && at == path.Length - 1)))
            {
                var length = char.IsSurrogatePair(path, at) ? 2 : 1;
                foreach (var octet in Encoding.UTF8.GetBytes(path.Substring(at, length)))
                    text.Append('%').Append(octet.ToString("X2", null));
                at += length - 1;
            }
            else
                text.Append(letter);
        }

        return text.ToString();
    }

    /// <summary>Finds the pieces between the rule's asterisks one after the other, each as early as it goes.</summary>
    private static bool Matches(string rule, string path)
    {
        var isWhole = rule.EndsWith('$');
        var pieces = (isWhole ? rule[..^1] : rule).Split('*');
        if (!path.StartsWith(pieces[0], StringComparison.Ordinal))
            return false;
        var at = pieces[0].Length;
        foreach (var piece in pieces.AsSpan(1))
        {
            var found = path.IndexOf(piece, at, StringComparison.Ordinal);
            if (found < 0)
                return false;
            at = found + piece.Length;
        }

        // The last piece has to be at the end as well; after an asterisk a later one may be.
        return !isWhole || at == path.Length || (pieces.Length > 1 && path.AsSpan(at - pieces[^1].Length).EndsWith(pieces[^1], StringComparison.Ordinal));
    }

    private sealed class Group
    {
        public List<Rule> Rules { get; } = [];

        public bool IsNamed { get; set; }

        public TimeSpan? CrawlDelay { get; set; }

        public void Add(string path, bool allows)
        {
            // A rule without a path matches nothing.
            if (path.Length > 0 && Rules.Count < MaxRules)
                Rules.Add(new(Normalize(path, isRule: true), allows));
        }
    }

    private readonly record struct Rule(string Path, bool Allows);
}
