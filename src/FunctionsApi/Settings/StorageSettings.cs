using FunctionsApi.Storage.Azure;

namespace FunctionsApi.Settings;

/// <summary>Which store is asked for; everything that was said about it fits together.</summary>
internal sealed record StorageSettings
{
    private const string PathName = "Storage:Path";
    private const string ConnectionStringName = "Storage:ConnectionString";
    private const string TableServiceUriName = "Storage:TableServiceUri";
    private const string QueueServiceUriName = "Storage:QueueServiceUri";

    /// <summary>Whether the store is a file of this machine.</summary>
    public bool IsSqlite { get; private init; }

    /// <summary>The SQLite file, relative to the working directory or absolute, where nothing else is said.</summary>
    public string Path { get; private init; } = System.IO.Path.Combine(".data", "functionsapi.db");

    /// <summary>The account of Azure Table Storage that the connection string names.</summary>
    public StorageAccount? Account { get; private init; }

    /// <summary>The account of Azure Table Storage that is used by managed identity.</summary>
    public Uri? TableServiceUri { get; private init; }

    /// <summary>The account of Azure Queue Storage that the connection string names.</summary>
    public StorageAccount? Queues { get; private init; }

    /// <summary>The account of Azure Queue Storage that is used by managed identity.</summary>
    public Uri? QueueServiceUri { get; private init; }

    /// <summary>Whether queues are in Azure Queue Storage; they are in the store otherwise.</summary>
    public bool HasQueueService => QueueEndpoint is not null;

    /// <summary>Where the queues are, null where they are in the store.</summary>
    public Uri? QueueEndpoint => Queues?.Address ?? QueueServiceUri;

    public static StorageSettings Read(SettingsReader reader)
    {
        var isTables = reader.OneOf("Storage:Provider", "sqlite", "tables") == "tables";
        var path = reader.Text(PathName);
        var connectionString = reader.Text(ConnectionStringName);
        var tables = reader.Text(TableServiceUriName);
        var queues = reader.Text(QueueServiceUriName);
        return isTables ? ReadTables(reader, path, connectionString, tables, queues) : ReadSqlite(reader, path, connectionString, tables, queues);
    }

    private static StorageSettings ReadSqlite(SettingsReader reader, string? path, string? connectionString, string? tables, string? queues)
    {
        foreach (var (name, value) in ((string, string?)[])[(ConnectionStringName, connectionString), (TableServiceUriName, tables), (QueueServiceUriName, queues)])
            if (value is not null)
                reader.Wrong(name, "is for the provider 'tables', but the provider is 'sqlite': unset it, or set Storage__Provider to 'tables'.");
        return path is null ? new() { IsSqlite = true } : new() { IsSqlite = true, Path = path };
    }

    private static StorageSettings ReadTables(SettingsReader reader, string? path, string? connectionString, string? tables, string? queues)
    {
        if (path is not null)
            reader.Wrong(PathName, "is for the provider 'sqlite', but the provider is 'tables': unset it.");
        if (connectionString is null && tables is null)
            reader.Wrong(ConnectionStringName, "is missing, and so is Storage__TableServiceUri: set the one, or the other for managed identity.");
        if (connectionString is not null && tables is not null)
            reader.Wrong(ConnectionStringName, "is set, and so is Storage__TableServiceUri: unset one of them.");
        if (connectionString is not null && queues is not null)
            reader.Wrong(ConnectionStringName, "is set, and so is Storage__QueueServiceUri: unset one of them.");
        var account = connectionString is null ? null : ReadAccount(reader, StorageService.Tables, connectionString);
        return new()
        {
            Account = account,
            Queues = account is null ? null : ReadAccount(reader, StorageService.Queues, connectionString!),
            TableServiceUri = tables is null ? null : ReadAddress(reader, TableServiceUriName, "table", tables),
            QueueServiceUri = queues is null ? null : ReadAddress(reader, QueueServiceUriName, "queue", queues),
        };
    }

    private static StorageAccount? ReadAccount(SettingsReader reader, StorageService service, string connectionString)
    {
        try
        {
            return StorageAccount.Parse(service, connectionString);
        }
        catch (FormatException exception)
        {
            reader.Wrong(ConnectionStringName, $"{exception.Message}: copy it whole from the account's access keys, or set UseDevelopmentStorage=true for Azurite.");
            return null;
        }
    }

    private static Uri? ReadAddress(SettingsReader reader, string name, string service, string text)
    {
        // A token must not travel where anybody could read it, so not even to this machine without https.
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps && address.Query.Length == 0)
            return address;
        reader.Wrong(name, $"is not an address such as https://<account>.{service}.core.windows.net: correct it. For Azurite and for signed addresses there is Storage__ConnectionString.");
        return null;
    }
}
