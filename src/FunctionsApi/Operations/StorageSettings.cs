namespace FunctionsApi.Operations;

/// <summary>Which store is asked for, and whether everything that was said about it fits together.</summary>
internal static class StorageSettings
{
    private const string Path = "Storage:Path";
    private const string ConnectionString = "Storage:ConnectionString";
    private const string TableServiceUri = "Storage:TableServiceUri";

    /// <summary>The SQLite file.</summary>
    public static string ReadPath(SettingsReader reader)
    {
        var provider = reader.OneOf("Storage:Provider", "sqlite", "tables");
        var path = reader.Text(Path);
        var connectionString = reader.Text(ConnectionString);
        var address = reader.Address(TableServiceUri);
        if (provider == "tables")
            reader.Wrong("Storage:Provider", "is 'tables', which this version does not have yet: unset it to use SQLite.");
        else if (connectionString is not null)
            reader.Wrong(ConnectionString, "is for the provider 'tables', but the provider is 'sqlite': unset it.");
        else if (address is not null)
            reader.Wrong(TableServiceUri, "is for the provider 'tables', but the provider is 'sqlite': unset it.");
        return path ?? System.IO.Path.Combine(".data", "functionsapi.db");
    }
}
