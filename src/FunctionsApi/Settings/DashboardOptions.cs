using Microsoft.Extensions.Options;

namespace FunctionsApi.Settings;

/// <summary>The settings <c>Dashboard__…</c>.</summary>
internal sealed record DashboardOptions
{
    public const string Section = "Dashboard";

    /// <summary>Where the usage page sends who wants a larger plan; null: nowhere.</summary>
    public string? UpgradeUrl { get; set; }
}

/// <summary>Whether the page can lead there.</summary>
internal sealed class DashboardOptionsValidator : IValidateOptions<DashboardOptions>
{
    public ValidateOptionsResult Validate(string? name, DashboardOptions options) =>
        options.UpgradeUrl is null || (Uri.TryCreate(options.UpgradeUrl, UriKind.Absolute, out var address) && address.Scheme is "https" or "http")
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"Dashboard__UpgradeUrl is '{options.UpgradeUrl}': set it to a page's whole address, as https://app.example.com/billing, or unset it.");
}
