// The host takes crawl jobs from the account that its own setting AzureWebJobsStorage names, in one of the forms that
// https://learn.microsoft.com/azure/azure-functions/functions-reference#connections lists: a connection string, an account's
// name, or its queues' address. It looks for them in this order.

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
        if (EndpointIn(options) is { } ours && WrongQueues(ours, options.ConnectionString is null ? "Storage__QueueServiceUri" : "Storage__ConnectionString") is { } error)
            wrong.AddError(error);
        return wrong.Build();
    }

    /// <returns>Null elsewhere, as under <c>func start</c>.</returns>
    private string? AppInAzure => values["WEBSITE_SITE_NAME"] ?? values["WEBSITE_INSTANCE_ID"];

    /// <returns>Null also where the settings make no sense, which is told elsewhere.</returns>
    private static Uri? EndpointIn(StorageOptions options)
    {
        if (options.IsSqlite)
            return null;
        return options.ConnectionString is { } connectionString ? Parse(connectionString)
            : options.QueueServiceUri is { } address ? Absolute(address)
            : null;
    }

    private string? WrongQueues(Uri ours, string named)
    {
        if (HostsQueues is not var (name, theirs))
            return $"{Connection} is missing, by which the Functions host finds crawl jobs: let it name the account that {named} names.";
        if (theirs is null)
            return $"{name} names no account of queues, and the Functions host takes crawl jobs from there: correct it.";
        return Place(theirs) == Place(ours)
            ? null
            : $"{named} sends crawl jobs to {ours}, but the Functions host takes them from {theirs}, which {name} names: "
                + "they would wait forever. Let both name the same account.";
    }

    /// <returns>The setting that counts, and the address in it, null where it makes no sense; null where there is none.</returns>
    private (string Name, Uri? Address)? HostsQueues
    {
        get
        {
            if (values[Connection] is { } connectionString)
                return (Connection, Parse(connectionString));
            if (values[$"{Connection}:accountName"] is { } account)
                return ($"{Connection}__accountName", Absolute($"https://{account}.queue.core.windows.net"));
            if (values[$"{Connection}:queueServiceUri"] is { } address)
                return ($"{Connection}__queueServiceUri", Absolute(address));
            return null;
        }
    }

    private static Uri? Parse(string connectionString)
    {
        try
        {
            return StorageAccount.Parse(StorageService.Queues, connectionString).Address;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static Uri? Absolute(string text) => Uri.TryCreate(text, UriKind.Absolute, out var address) ? address : null;

    // http or https, localhost or 127.0.0.1: the queues are the same.
    private static string Place(Uri address) =>
        $"{(address.IsLoopback ? "localhost" : address.Host)}:{(address.IsDefaultPort ? 0 : address.Port)}{address.AbsolutePath.TrimEnd('/')}";
}
