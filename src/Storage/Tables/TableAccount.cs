using System.Data.Common;
using Azure.Core;

namespace FunctionsApi.Storage.Tables;

/// <summary>An account of Azure Table Storage, and how to prove that one may use it. Its text is its address alone.</summary>
public sealed class TableAccount
{
    // Published for every emulator; it protects nothing.
    private const string DevelopmentName = "devstoreaccount1";
    private const string DevelopmentKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private TableAccount(Uri endpoint) => Endpoint = endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/');

    /// <summary>The address of its tables, without a slash at the end.</summary>
    internal string Endpoint { get; }

    internal string Name { get; private init; } = "";

    internal byte[]? Key { get; private init; }

    /// <summary>A shared access signature, without its question mark.</summary>
    internal string? Signature { get; private init; }

    internal TokenCredential? Credential { get; private init; }

    /// <param name="address">The account's table service, as <c>https://account.table.core.windows.net</c>.</param>
    /// <param name="credential">Gets tokens for it.</param>
    public static TableAccount Of(Uri address, TokenCredential credential) => new(address) { Credential = credential };

    /// <exception cref="FormatException">It makes no sense; the message is the end of a sentence and holds no secret.</exception>
    public static TableAccount Parse(string connectionString)
    {
        var parts = Parts(connectionString);
        if (parts.GetValueOrDefault("UseDevelopmentStorage") is { } development)
            return development.Equals("true", StringComparison.OrdinalIgnoreCase)
                ? Development(parts.GetValueOrDefault("DevelopmentStorageProxyUri"))
                : throw new FormatException("has UseDevelopmentStorage with another value than true");

        var name = parts.GetValueOrDefault("AccountName");
        var endpoint = Address(name, parts);
        if (parts.GetValueOrDefault("SharedAccessSignature") is { } signature)
            return new(endpoint) { Signature = signature.TrimStart('?') };
        if (name is null)
            throw new FormatException("has no AccountName");
        if (parts.GetValueOrDefault("AccountKey") is not { } key)
            throw new FormatException("has neither AccountKey nor SharedAccessSignature");
        return new(endpoint) { Name = name, Key = KeyOf(key) };
    }

    public override string ToString() => Endpoint;

    private static TableAccount Development(string? proxy)
    {
        var host = Absolute(proxy ?? "http://127.0.0.1", "DevelopmentStorageProxyUri");
        return new(new($"{host.Scheme}://{host.Host}:10002/{DevelopmentName}")) { Name = DevelopmentName, Key = KeyOf(DevelopmentKey) };
    }

    private static Dictionary<string, string> Parts(string connectionString)
    {
        try
        {
            var parts = new DbConnectionStringBuilder { ConnectionString = connectionString };
            return parts.Keys.Cast<string>().ToDictionary(name => name, name => (string)parts[name], StringComparer.OrdinalIgnoreCase);
        }
        catch (ArgumentException)
        {
            throw new FormatException("is not Name=value;Name=value");
        }
    }

    private static Uri Address(string? name, Dictionary<string, string> parts)
    {
        if (parts.GetValueOrDefault("TableEndpoint") is { } endpoint)
            return Absolute(endpoint, "TableEndpoint");
        if (name is null)
            throw new FormatException("has neither TableEndpoint nor AccountName");
        var scheme = parts.GetValueOrDefault("DefaultEndpointsProtocol") ?? "https";
        var suffix = parts.GetValueOrDefault("EndpointSuffix") ?? "core.windows.net";
        return Absolute($"{scheme}://{name}.table.{suffix}", "AccountName, DefaultEndpointsProtocol or EndpointSuffix");
    }

    private static Uri Absolute(string text, string part) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new FormatException($"has something in {part} that makes no http or https address");

    private static byte[] KeyOf(string text)
    {
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            // Without what was thrown: nothing of the key may get out.
            throw new FormatException("has an AccountKey that is not base64");
        }
    }
}
