namespace FunctionsApi.Infer;

/// <summary>
/// The credential of one deployment's backend. It is kept as it was given: either <c>env:NAME</c>, which names an
/// environment variable of the server, or the value itself, which then lies in the store unencrypted.
/// </summary>
/// <param name="stored"><c>env:NAME</c>, or the value.</param>
/// <param name="header">The header that carries it; <c>Authorization</c> carries it as a bearer token.</param>
internal sealed class UpstreamSecret(string stored, string header = UpstreamSecret.DefaultHeader) : IEquatable<UpstreamSecret>
{
    public const string DefaultHeader = "Authorization";

    private const string EnvironmentPrefix = "env:";

    public string Stored { get; } = stored;

    public string Header { get; } = header;

    /// <summary>The variable that holds the value; null where the value itself is stored.</summary>
    public string? Variable => Stored.StartsWith(EnvironmentPrefix, StringComparison.Ordinal)
        ? Stored[EnvironmentPrefix.Length..]
        : null;

    public static UpstreamSecret FromVariable(string name, string header) => new(EnvironmentPrefix + name, header);

    /// <returns>The header's value; null where the environment variable is not set or cannot be sent in a header.</returns>
    public string? HeaderValue()
    {
        var value = Variable is { } name ? Environment.GetEnvironmentVariable(name) : Stored;
        if (string.IsNullOrEmpty(value) || !DeploymentRules.IsHeaderText(value))
            return null;
        return Header.Equals(DefaultHeader, StringComparison.OrdinalIgnoreCase) ? $"Bearer {value}" : value;
    }

    public bool Equals(UpstreamSecret? other) => other is not null && Stored == other.Stored && Header == other.Header;

    public override bool Equals(object? obj) => Equals(obj as UpstreamSecret);

    public override int GetHashCode() => HashCode.Combine(Stored, Header);

    // A record that holds a secret prints its properties, and logs print records.
    public override string ToString() => "(secret)";
}
