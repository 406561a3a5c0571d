using System.Data.Common;
using Azure.Core;

namespace FunctionsApi.Storage.Accounts;

/// <summary>
/// A service of an account of Azure Storage, and how to prove that one may use it. Its text is its address alone.
/// </summary>
public sealed class StorageAccount
{
    // Published for every emulator; it protects nothing.
    private const string DevelopmentName = "devstoreaccount1";
    private const string DevelopmentKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private StorageAccount(StorageService service, Uri endpoint) =>
        (Service, Endpoint) = (service, endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/'));

    internal StorageService Service { get; }

    /// <summary>The service's address, without a slash at the end.</summary>
    internal string Endpoint { get; }

    internal string Name { get; private init; } = "";

    internal byte[]? Key { get; private init; }

    /// <summary>A shared access signature, without its question mark.</summary>
    internal string? Signature { get; private init; }

    internal TokenCredential? Credential { get; private init; }

    /// <param name="service">Which.</param>
    /// <param name="address">The account's, as <c>https://account.table.core.windows.net</c>.</param>
    /// <param name="credential">Gets tokens for it.</param>
    public static StorageAccount Of(StorageService service, Uri address, TokenCredential credential) =>
        new(service, address) { Credential = credential };

    /// <exception cref="FormatException">It makes no sense; the message is the end of a sentence and holds no secret.</exception>
    public static StorageAccount Parse(StorageService service, string connectionString)
    {
        var parts = Parts(connectionString);
        if (parts.GetValueOrDefault("UseDevelopmentStorage") is { } development)
            return development.Equals("true", StringComparison.OrdinalIgnoreCase)
                ? Development(service, parts.GetValueOrDefault("DevelopmentStorageProxyUri"))
                : throw new FormatException("has UseDevelopmentStorage with another value than true");

        var name = parts.GetValueOrDefault("AccountName");
        var endpoint = Address(service, name, parts);
        if (parts.GetValueOrDefault("SharedAccessSignature") is { } signature)
            return new(service, endpoint) { Signature = signature.TrimStart('?') };
        if (name is null)
            throw new FormatException("has no AccountName");
        if (parts.GetValueOrDefault("AccountKey") is not { } key)
            throw new FormatException("has neither AccountKey nor SharedAccessSignature");
        return new(service, endpoint) { Name = name, Key = KeyOf(key) };
    }

    public override string ToString() => Endpoint;

    private static StorageAccount Development(StorageService service, string? proxy)
    {
        var host = Absolute(proxy ?? "http://127.0.0.1", "DevelopmentStorageProxyUri");
        var endpoint = new Uri($"{host.Scheme}://{host.Host}:{service.DevelopmentPort}/{DevelopmentName}");
        return new(service, endpoint) { Name = DevelopmentName, Key = KeyOf(DevelopmentKey) };
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

    private static Uri Address(StorageService service, string? name, Dictionary<string, string> parts)
    {
        var part = $"{service.Name}Endpoint";
        if (parts.GetValueOrDefault(part) is { } endpoint)
            return Absolute(endpoint, part);
        if (name is null)
            throw new FormatException($"has neither {part} nor AccountName");
        var scheme = parts.GetValueOrDefault("DefaultEndpointsProtocol") ?? "https";
        var suffix = parts.GetValueOrDefault("EndpointSuffix") ?? "core.windows.net";
        return Absolute($"{scheme}://{name}.{service.Name.ToLowerInvariant()}.{suffix}", "AccountName, DefaultEndpointsProtocol or EndpointSuffix");
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
