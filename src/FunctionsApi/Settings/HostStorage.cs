// The host takes crawl jobs from the account that its own setting AzureWebJobsStorage names, in one of the forms that
// https://learn.microsoft.com/azure/azure-functions/functions-reference#connections lists: a connection string, an account's
// name, or its queues' address. It looks for them in this order. Durable entities are in the same account's tables.

using FunctionsApi.Storage.Azure;
using Microsoft.Extensions.Options;

namespace FunctionsApi.Settings;

/// <summary>
/// Whether our storage goes with the host's. Where it does not, all would seem well, and each instance would sell the whole
/// quota, or crawl jobs would wait in a queue that nobody reads.
/// </summary>
/// <param name="values">The settings, the host's among them.</param>
internal sealed class HostStorage(IConfiguration values) : IValidateOptions<StorageOptions>
{
    // Of a trigger that names none.
    private const string Connection = "AzureWebJobsStorage";

    public ValidateOptionsResult Validate(string? name, StorageOptions options)
    {
        var wrong = new ValidateOptionsResultBuilder();
        if (options.IsSqlite && AppInAzure is { } app)
            wrong.AddError(
                $"Storage__Provider is not 'tables', and this is the function app '{app}' in Azure: its instances have no disk in common, and each would sell "
                + "the whole quota. Set it to 'tables', and Storage__TableServiceUri to https://<account>.table.core.windows.net.");
        else if (options.IsSqlite && OnEntities)
            wrong.AddError(
                "Storage__Provider is 'sqlite', but counters are in durable entities under the Functions host, which are in the account that "
                + $"{Connection} names: set it to 'tables' and let it name that account, or set Quotas__Ledger to 'table'.");
        if ((WrongQueues(options) ?? WrongTables(options)) is { } error)
            wrong.AddError(error);
        return wrong.Build();
    }

    private bool OnEntities => !string.Equals(values[$"{QuotasOptions.Section}:{nameof(QuotasOptions.Ledger)}"], nameof(LedgerKind.Table), StringComparison.OrdinalIgnoreCase);

    /// <returns>Null elsewhere, as under <c>func start</c>.</returns>
    private string? AppInAzure => values["WEBSITE_SITE_NAME"] ?? values["WEBSITE_INSTANCE_ID"];

    private string? WrongQueues(StorageOptions options)
    {
        if (Ours(StorageService.Queues, options, options.QueueServiceUri) is not { } ours)
            return null;
        var named = Named(options, "Storage__QueueServiceUri");
        if (Theirs(StorageService.Queues, "queue") is not var (name, theirs))
            return $"{Connection} is missing, by which the Functions host finds crawl jobs: let it name the account that {named} names.";
        if (theirs is null)
            return $"{name} names no account of queues, and the Functions host takes crawl jobs from there: correct it.";
        return Place(theirs) == Place(ours)
            ? null
            : $"{named} sends crawl jobs to {ours}, but the Functions host takes them from {theirs}, which {name} names: "
                + "they would wait forever. Let both name the same account.";
    }

    private string? WrongTables(StorageOptions options)
    {
        if (!OnEntities || Ours(StorageService.Tables, options, options.TableServiceUri) is not { } ours)
            return null;
        var named = Named(options, "Storage__TableServiceUri");
        if (Theirs(StorageService.Tables, "table") is not var (name, theirs))
            return $"{Connection} is missing, or {Connection}__tableServiceUri, by which the Functions host finds durable entities: "
                + $"let it name the account that {named} names, or set Quotas__Ledger to 'table'.";
        if (theirs is null)
            return $"{name} names no account of tables, and the Functions host keeps durable entities there: correct it.";
        return Place(theirs) == Place(ours)
            ? null
            : $"{named} names {ours}, but the Functions host keeps durable entities in {theirs}, which {name} names: "
                + "'quotas show' and the sweep would not find them. Let both name the same account.";
    }

    private static string Named(StorageOptions options, string address) => options.ConnectionString is null ? address : "Storage__ConnectionString";

    /// <returns>Null also where the settings make no sense, which is told elsewhere.</returns>
    private static Uri? Ours(StorageService service, StorageOptions options, string? address)
    {
        if (options.IsSqlite)
            return null;
        return options.ConnectionString is { } connectionString ? Parse(service, connectionString)
            : address is not null ? Absolute(address)
            : null;
    }

    /// <returns>The setting that counts, and the address in it, null where it makes no sense; null where there is none.</returns>
    private (string Name, Uri? Address)? Theirs(StorageService service, string word)
    {
        if (values[Connection] is { } connectionString)
            return (Connection, Parse(service, connectionString));
        if (values[$"{Connection}:accountName"] is { } account)
            return ($"{Connection}__accountName", Absolute($"https://{account}.{word}.core.windows.net"));
        if (values[$"{Connection}:{word}ServiceUri"] is { } address)
            return ($"{Connection}__{word}ServiceUri", Absolute(address));
        return null;
    }

    private static Uri? Parse(StorageService service, string connectionString)
    {
        try
        {
            return StorageAccount.Parse(service, connectionString).Address;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static Uri? Absolute(string text) => Uri.TryCreate(text, UriKind.Absolute, out var address) ? address : null;

    // http or https, localhost or 127.0.0.1: the account is the same.
    private static string Place(Uri address) =>
        $"{(address.IsLoopback ? "localhost" : address.Host)}:{(address.IsDefaultPort ? 0 : address.Port)}{address.AbsolutePath.TrimEnd('/')}";
}
