using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace FunctionsApi.Settings;

/// <summary>The settings <c>Upstreams__{area}__…</c>: who answers an area of the agents API in place of this program.</summary>
internal sealed record UpstreamOptions
{
    public const string Section = "Upstreams";

    /// <summary>The areas, as settings name them; in addresses they are in small letters.</summary>
    public static IReadOnlyList<string> Areas { get; } = ["Knowledge", "Ingestion", "Analytics"];

    /// <summary>Where requests go, without what names the area: absolute, http or https. Null: this program answers.</summary>
    public string? Url { get; set; }

    /// <summary>What proves to the upstream that it is us, as <c>Authorization: Bearer</c>; null sends none.</summary>
    public string? Secret { get; set; }

    [Description("a number of seconds"), Range(1, 3_600)]
    public int TimeoutSeconds { get; set; } = 100;

    public static string SectionOf(string area) => $"{Section}:{area}";
}

/// <summary>Refuses what leads nowhere, and a secret that no header can carry.</summary>
internal sealed class UpstreamOptionsValidator : IValidateOptions<UpstreamOptions>
{
    public ValidateOptionsResult Validate(string? name, UpstreamOptions options)
    {
        string[] mistakes = [.. new[] { UrlMistake(name, options), SecretMistake(name, options) }.OfType<string>()];
        return mistakes.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(mistakes);
    }

    private static string? UrlMistake(string? area, UpstreamOptions options)
    {
        if (options.Url is null)
            return null;
        return Uri.TryCreate(options.Url, UriKind.Absolute, out var url)
            && url is { Scheme: "http" or "https", UserInfo: "", Query: "", Fragment: "" }
                ? null
                // Not what it is: it may hold a password.
                : $"{UpstreamOptions.Section}__{area}__Url is no address to forward to: write it as https://knowledge.internal.example.com/v2, without a user name, a query or a fragment.";
    }

    private static string? SecretMistake(string? area, UpstreamOptions options)
    {
        var name = $"{UpstreamOptions.Section}__{area}__Secret";
        if (options.Secret is null)
            return null;
        if (options.Url is null)
            return $"{name} is set and {UpstreamOptions.Section}__{area}__Url is not: set it as well, or unset both.";
        return options.Secret.All(character => character is > ' ' and <= '~')
            ? null
            : $"{name} has characters that a header cannot carry: use visible ASCII characters without spaces.";
    }
}
