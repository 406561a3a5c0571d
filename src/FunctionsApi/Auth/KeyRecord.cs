using FunctionsApi.Storage;

namespace FunctionsApi.Auth;

/// <summary>What is stored of an API key.</summary>
internal sealed record KeyRecord
{
    private const int IdLength = 16;

    /// <summary>The first 16 hex digits of the hash, so that a key that is presented names its row.</summary>
    public required string Id { get; init; }

    /// <summary>As <see cref="ApiKey.Hash"/>.</summary>
    public required string Hash { get; init; }

    public required string Prefix { get; init; }

    public required string Tenant { get; init; }

    public required string User { get; init; }

    /// <summary>Its own inference plan; null has the tenant's.</summary>
    public string? Inference { get; init; }

    /// <summary>Its own agents plan; null has the tenant's.</summary>
    public string? Agents { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>Null never.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>Null not.</summary>
    public DateTimeOffset? Revoked { get; init; }

    public static string IdOf(string hash) => hash[..IdLength];

    /// <summary>Whether a text could be a key's id at all.</summary>
    public static bool IsId(string text) => text.Length == IdLength && text.All(char.IsAsciiHexDigitLower);

    public Caller ToCaller() => new(Tenant, User, Id, Inference, Agents);

    public static KeyRecord From(TableRow row) => new()
    {
        Id = (string)row.Values["Id"],
        Hash = (string)row.Values["Hash"],
        Prefix = (string)row.Values["Prefix"],
        Tenant = (string)row.Values["Tenant"],
        User = (string)row.Values["User"],
        Inference = row.Values.GetValueOrDefault("Inference") as string,
        Agents = row.Values.GetValueOrDefault("Agents") as string,
        Created = (DateTimeOffset)row.Values["Created"],
        Expires = row.Values.GetValueOrDefault("Expires") as DateTimeOffset?,
        Revoked = row.Values.GetValueOrDefault("Revoked") as DateTimeOffset?,
    };

    public IReadOnlyDictionary<string, object> ToValues() => new Dictionary<string, object?>
    {
        ["Id"] = Id,
        ["Hash"] = Hash,
        ["Prefix"] = Prefix,
        ["Tenant"] = Tenant,
        ["User"] = User,
        ["Inference"] = Inference,
        ["Agents"] = Agents,
        ["Created"] = Created,
        ["Expires"] = Expires,
        ["Revoked"] = Revoked,
    }.Where(column => column.Value is not null).ToDictionary(column => column.Key, column => column.Value!);
}
