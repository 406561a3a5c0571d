using Azure.Core;

namespace FunctionsApi.Storage.Azure;

/// <summary>
/// A service of an account of Azure Storage, and how to prove that one may use it. Its text is its address alone.
/// </summary>
public sealed class StorageAccount
{
    private StorageAccount(StorageService service, Uri address) =>
        (Service, Address) = (service, new(address.GetLeftPart(UriPartial.Path).TrimEnd('/')));

    /// <summary>Without what signs it.</summary>
    public Uri Address { get; }

    internal StorageService Service { get; }

    /// <summary>Null where there is a credential.</summary>
    internal string? ConnectionString { get; private init; }

    /// <summary>Null where there is a connection string.</summary>
    internal TokenCredential? Credential { get; private init; }

    /// <param name="service">Which.</param>
    /// <param name="address">The account's, as <c>https://account.table.core.windows.net</c>.</param>
    /// <param name="credential">Gets tokens for it.</param>
    public static StorageAccount Of(StorageService service, Uri address, TokenCredential credential) =>
        new(service, address) { Credential = credential };

    /// <exception cref="FormatException">It makes no sense; the message is the end of a sentence and holds no secret.</exception>
    public static StorageAccount Parse(StorageService service, string connectionString)
    {
        var address = AddressIn(service, connectionString);
        return address.Scheme is "http" or "https"
            ? new(service, address) { ConnectionString = connectionString }
            : throw new FormatException($"has something in {service.Name}Endpoint or DefaultEndpointsProtocol that makes no http or https address");
    }

    public override string ToString() => $"{Address}".TrimEnd('/');

    // The SDK has no parser that others may call; its clients have, and make no connection before they are asked. What it throws is
    // not passed on: nothing of the key may get out.
    private static Uri AddressIn(StorageService service, string connectionString)
    {
        try
        {
            return service.Parse(connectionString) ?? throw new FormatException();
        }
        catch (Exception exception) when (exception is FormatException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException(Explain(service, connectionString));
        }
    }

    private static string Explain(StorageService service, string connectionString)
    {
        var endpoint = $"{service.Name}Endpoint";
        if (!connectionString.Contains('='))
            return "is not Name=value;Name=value";
        if (Has("UseDevelopmentStorage"))
            return "has UseDevelopmentStorage with another value than true";
        if (!Has("AccountName") && !Has(endpoint))
            return $"has neither {endpoint} nor AccountName";
        if (!Has("AccountKey") && !Has("SharedAccessSignature"))
            return "has neither AccountKey nor SharedAccessSignature";
        return Has("AccountName")
            ? $"has an AccountKey that is not base64, or something in AccountName, DefaultEndpointsProtocol, EndpointSuffix or {endpoint} that makes no http or https address"
            : "has no AccountName";

        bool Has(string name) => connectionString.Contains($"{name}=", StringComparison.OrdinalIgnoreCase);
    }
}
