using System.Text.Json;
using System.Text.Json.Serialization;
using FunctionsApi.Settings;

namespace FunctionsApi.Dashboard;

/// <summary>What the page is told of this installation. Everybody may read it.</summary>
/// <param name="UpgradeUrl">Where to get a larger plan; null: nowhere.</param>
/// <param name="SignIn">How people sign in; null: they paste a key or token.</param>
internal sealed record PageSettings(string? UpgradeUrl, SignIn? SignIn)
{
    public const string FileName = "settings.json";

    public static PageSettings Of(DashboardOptions dashboard, SupabaseOptions? supabase) => new(
        dashboard.UpgradeUrl,
        supabase is { Issuer: { } issuer, PublicKey: { } key } ? new(issuer.TrimEnd('/'), key) : null);

    public PageFile ToFile() =>
        new(FileName, new(JsonSerializer.SerializeToUtf8Bytes(this, PageJson.Default.PageSettings), "application/json"));
}

/// <param name="Address">Of the project's authentication, as <c>https://abc.supabase.co/auth/v1</c>.</param>
/// <param name="PublicKey">Names the project there, and is no secret.</param>
internal sealed record SignIn(string Address, string PublicKey)
{
    /// <summary>Where the page may send a password.</summary>
    [JsonIgnore]
    public string Origin => new Uri(Address).GetLeftPart(UriPartial.Authority);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(PageSettings))]
internal sealed partial class PageJson : JsonSerializerContext;
