using FunctionsApi.Storage.Tables;

namespace FunctionsApi.Operations;

/// <summary>Which store is asked for; everything that was said about it fits together.</summary>
internal sealed record StorageSettings
{
    private const string PathName = "Storage:Path";
    private const string ConnectionStringName = "Storage:ConnectionString";
    private const string TableServiceUriName = "Storage:TableServiceUri";

    /// <summary>The SQLite file, relative to the working directory or absolute, where nothing else is said.</summary>
    public string Path { get; private init; } = System.IO.Path.Combine(".data", "functionsapi.db");

    /// <summary>The account of Azure Table Storage that the connection string names.</summary>
    public TableAccount? Account { get; private init; }

    /// <summary>The account of Azure Table Storage that is used by managed identity.</summary>
    public Uri? TableServiceUri { get; private init; }

    public static StorageSettings Read(SettingsReader reader)
    {
        var isTables = reader.OneOf("Storage:Provider", "sqlite", "tables") == "tables";
        var path = reader.Text(PathName);
        var connectionString = reader.Text(ConnectionStringName);
        var address = reader.Text(TableServiceUriName);
        return isTables ? ReadTables(reader, path, connectionString, address) : ReadSqlite(reader, path, connectionString, address);
    }

    private static StorageSettings ReadSqlite(SettingsReader reader, string? path, string? connectionString, string? address)
    {
        foreach (var (name, value) in ((string, string?)[])[(ConnectionStringName, connectionString), (TableServiceUriName, address)])
            if (value is not null)
                reader.Wrong(name, "is for the provider 'tables', but the provider is 'sqlite': unset it, or set Storage__Provider to 'tables'.");
        return path is null ? new() : new() { Path = path };
    }

    private static StorageSettings ReadTables(SettingsReader reader, string? path, string? connectionString, string? address)
    {
        if (path is not null)
            reader.Wrong(PathName, "is for the provider 'sqlite', but the provider is 'tables': unset it.");
        if (connectionString is null && address is null)
            reader.Wrong(ConnectionStringName, "is missing, and so is Storage__TableServiceUri: set the one, or the other for managed identity.");
        if (connectionString is not null && address is not null)
            reader.Wrong(ConnectionStringName, "is set, and so is Storage__TableServiceUri: unset one of them.");
        return new()
        {
            Account = connectionString is null ? null : ReadAccount(reader, connectionString),
            TableServiceUri = address is null ? null : ReadAddress(reader, address),
        };
    }

    private static TableAccount? ReadAccount(SettingsReader reader, string connectionString)
    {
        try
        {
            return TableAccount.Parse(connectionString);
        }
        catch (FormatException exception)
        {
            reader.Wrong(ConnectionStringName, $"{exception.Message}: copy it whole from the account's access keys, or set UseDevelopmentStorage=true for Azurite.");
            return null;
        }
    }

    private static Uri? ReadAddress(SettingsReader reader, string text)
    {
        // A token must not travel where anybody could read it, so not even to this machine without https.
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps && address.Query.Length == 0)
            return address;
        reader.Wrong(TableServiceUriName, "is not an address such as https://<account>.table.core.windows.net: correct it. For Azurite and for signed addresses there is Storage__ConnectionString.");
        return null;
    }
}
