using Microsoft.Extensions.Options;

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
}

/// <summary>Refuses what no browser would send: nothing would match it.</summary>
internal sealed class CrossOriginOptionsValidator : IValidateOptions<CrossOriginOptions>
{
    private const string Name = "Cors__AllowedOrigins";

    public ValidateOptionsResult Validate(string? name, CrossOriginOptions options)
    {
        var mistakes = options.Origins.Where(origin => origin != CrossOriginOptions.Any).Select(Mistake).OfType<string>().ToArray();
        return mistakes.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(mistakes);
    }

    private static string? Mistake(string origin)
    {
        if (!Uri.TryCreate(origin, UriKind.Absolute, out var address)
            || address.Scheme is not ("http" or "https")
            || address is not { UserInfo: "", Host.Length: > 0 })
            return $"{Name} has '{origin}', which is no origin: write it as https://app.example.com, or '{CrossOriginOptions.Any}' alone for all.";
        var canonical = address.GetLeftPart(UriPartial.Authority);
        return origin.Equals(canonical, StringComparison.OrdinalIgnoreCase)
            ? null
            : $"{Name} has '{origin}', which no browser sends: write it as {canonical}.";
    }
}
