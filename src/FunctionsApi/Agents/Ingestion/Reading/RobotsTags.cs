namespace FunctionsApi.Agents.Ingestion.Reading;

/// <summary>What a page says to crawlers about itself, in <c>X-Robots-Tag</c> or <c>&lt;meta name="robots"&gt;</c>.</summary>
/// <param name="NoIndex">It is not to be stored.</param>
/// <param name="NoFollow">Its links are not to be followed.</param>
internal readonly record struct RobotsTags(bool NoIndex, bool NoFollow)
{
    /// <summary>Reads one list of directives, as <c>noindex, nofollow</c>.</summary>
    public static RobotsTags Parse(string directives)
    {
        var words = directives.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var none = Has("none");
        return new(none || Has("noindex"), none || Has("nofollow"));

        bool Has(string directive) => words.Contains(directive, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Reads a header, whose directives may be for one crawler, as <c>otherbot: noindex</c>; those of others are left out.</summary>
    public static RobotsTags ParseHeader(string header)
    {
        var colon = header.IndexOf(':');
        // The date of unavailable_after has colons too, and its name is no crawler's.
        var agent = colon < 0 || header.AsSpan(0, colon).Contains(',') ? "" : header[..colon].Trim();
        if (agent.Length == 0 || agent.Equals("unavailable_after", StringComparison.OrdinalIgnoreCase))
            return Parse(header);
        return agent.Equals(SiteClient.Agent, StringComparison.OrdinalIgnoreCase) ? Parse(header[(colon + 1)..]) : default;
    }

    /// <summary>Forbids what either of the two forbids.</summary>
    public RobotsTags With(RobotsTags other) => new(NoIndex || other.NoIndex, NoFollow || other.NoFollow);
}
