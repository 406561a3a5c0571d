using FunctionsApi.Storage.Azure;
using Microsoft.Extensions.Options;

namespace FunctionsApi.Settings;

/// <summary>Where a store keeps its data.</summary>
internal enum StorageProvider
{
    /// <summary>A file of this machine.</summary>
    Sqlite,

    /// <summary>Azure Table Storage.</summary>
    Tables,
}

/// <summary>Which store is asked for: the settings <c>Storage__…</c>.</summary>
internal sealed record StorageOptions
{
    public const string Section = "Storage";

    public static readonly string DefaultPath = System.IO.Path.Combine(".data", "functionsapi.db");

    public StorageProvider Provider { get; set; }

    /// <summary>The SQLite file, relative to the working directory or absolute.</summary>
    public string Path { get; set; } = DefaultPath;

    /// <summary>Of an account of Azure Storage; secret.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>The account of Azure Table Storage that is used by managed identity.</summary>
    public string? TableServiceUri { get; set; }

    /// <summary>The account of Azure Queue Storage that is used by managed identity.</summary>
    public string? QueueServiceUri { get; set; }

    public bool IsSqlite => Provider == StorageProvider.Sqlite;

    /// <summary>Whether queues are in Azure Queue Storage; they are in the store otherwise.</summary>
    public bool HasQueueService => ConnectionString is not null || QueueServiceUri is not null;

    /// <summary>The account that the connection string names; null where there is none.</summary>
    /// <exception cref="FormatException">It makes no sense; holds no secret.</exception>
    public StorageAccount? AccountOf(StorageService service) => ConnectionString is null ? null : StorageAccount.Parse(service, ConnectionString);

    /// <summary>Where that is, for operators; holds no secret.</summary>
    public string Place => this switch
    {
        { IsSqlite: true } => $"the file '{System.IO.Path.GetFullPath(Path)}'",
        { TableServiceUri: { } address } => address,
        _ => "the account that Storage__ConnectionString names",
    };

    /// <summary>Holds no secret.</summary>
    public override string ToString() => $"{Provider}";
}

/// <summary>Whether all that was said about the store fits together.</summary>
internal sealed class StorageOptionsValidator : IValidateOptions<StorageOptions>
{
    public ValidateOptionsResult Validate(string? name, StorageOptions options)
    {
        var wrong = new ValidateOptionsResultBuilder();
        if (options.IsSqlite)
            ValidateSqlite(options, wrong);
        else
            ValidateTables(options, wrong);
        return wrong.Build();
    }

    private static void ValidateSqlite(StorageOptions options, ValidateOptionsResultBuilder wrong)
    {
        foreach (var (name, value) in ((string, string?)[])
            [("Storage__ConnectionString", options.ConnectionString), ("Storage__TableServiceUri", options.TableServiceUri), ("Storage__QueueServiceUri", options.QueueServiceUri)])
            if (value is not null)
                wrong.AddError($"{name} is for the provider 'tables', but the provider is 'sqlite': unset it, or set Storage__Provider to 'tables'.");
    }

    private static void ValidateTables(StorageOptions options, ValidateOptionsResultBuilder wrong)
    {
        if (options.Path != StorageOptions.DefaultPath)
            wrong.AddError("Storage__Path is for the provider 'sqlite', but the provider is 'tables': unset it.");
        if (options.ConnectionString is null && options.TableServiceUri is null)
            wrong.AddError("Storage__ConnectionString is missing, and so is Storage__TableServiceUri: set the one, or the other for managed identity.");
        if (options.ConnectionString is not null && options.TableServiceUri is not null)
            wrong.AddError("Storage__ConnectionString is set, and so is Storage__TableServiceUri: unset one of them.");
        if (options.ConnectionString is not null && options.QueueServiceUri is not null)
            wrong.AddError("Storage__ConnectionString is set, and so is Storage__QueueServiceUri: unset one of them.");
        Add(WrongAccount(options));
        Add(WrongAddress("Storage__TableServiceUri", "table", options.TableServiceUri));
        Add(WrongAddress("Storage__QueueServiceUri", "queue", options.QueueServiceUri));

        void Add(string? error)
        {
            if (error is not null)
                wrong.AddError(error);
        }
    }

    private static string? WrongAccount(StorageOptions options)
    {
        try
        {
            _ = (options.AccountOf(StorageService.Tables), options.AccountOf(StorageService.Queues));
            return null;
        }
        catch (FormatException exception)
        {
            return $"Storage__ConnectionString {exception.Message}: copy it whole from the account's access keys, or set UseDevelopmentStorage=true for Azurite.";
        }
    }

    // A token must not travel where anybody could read it, so not even to this machine without https.
    private static string? WrongAddress(string name, string service, string? text) =>
        text is null || (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps && address.Query.Length == 0)
            ? null
            : $"{name} is not an address such as https://<account>.{service}.core.windows.net: correct it. "
                + "For Azurite and for signed addresses there is Storage__ConnectionString.";
}
