namespace FunctionsApi.Settings;

/// <summary>The settings <c>Cors__…</c>.</summary>
internal sealed record CrossOriginOptions
{
    public const string Section = "Cors";

    /// <summary>An origin that stands for every one.</summary>
    public const string Any = "*";

    /// <summary>Whose web pages may call the APIs: origins as browsers send them, by commas, or <see cref="Any"/>; null is none.</summary>
    public string? AllowedOrigins { get; set; }

    /// <summary>Each of them.</summary>
    public IReadOnlyList<string> Origins => AllowedOrigins?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <summary>What is wrong with each that no browser would send, with its remedy.</summary>
    public IEnumerable<string> Mistakes() =>
        from origin in Origins
        where origin != Any
        let canonical = Canonical(origin)
        where !origin.Equals(canonical, StringComparison.OrdinalIgnoreCase)
        select canonical is null
            ? $"has '{origin}', which is no origin: write it as https://app.example.com, or '{Any}' alone for all."
            : $"has '{origin}', which no browser sends: write it as {canonical}.";

    private static string? Canonical(string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address is { UserInfo: "", Host.Length: > 0 }
            ? address.GetLeftPart(UriPartial.Authority)
            : null;
}
