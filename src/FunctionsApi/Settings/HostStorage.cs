// The host takes crawl jobs from the account that its own setting AzureWebJobsStorage names, in one of the forms that
// https://learn.microsoft.com/azure/azure-functions/functions-reference#connections lists: a connection string, an account's
// name, or its queues' address. It looks for them in this order.

using FunctionsApi.Storage.Azure;

namespace FunctionsApi.Settings;

/// <summary>
/// Whether our storage goes with the host's. Where it does not, all would seem well, and each instance would sell the whole
/// quota, or crawl jobs would wait in a queue that nobody reads.
/// </summary>
internal static class HostStorage
{
    // Of a trigger that names none.
    private const string Connection = "AzureWebJobsStorage";

    public static void Check(SettingsReader reader, StorageSettings storage)
    {
        if (storage.IsSqlite && AppInAzure(reader) is { } app)
            reader.Wrong(
                "Storage:Provider",
                $"is not 'tables', and this is the function app '{app}' in Azure: its instances have no disk in common, and each would sell "
                + "the whole quota. Set it to 'tables', and Storage__TableServiceUri to https://<account>.table.core.windows.net.");
        if (storage.QueueEndpoint is { } ours)
            CheckQueues(reader, ours, storage.Queues is null ? "Storage:QueueServiceUri" : "Storage:ConnectionString");
    }

    /// <returns>Null elsewhere, as under <c>func start</c>.</returns>
    private static string? AppInAzure(SettingsReader reader) =>
        reader.OfOthers("WEBSITE_SITE_NAME") ?? reader.OfOthers("WEBSITE_INSTANCE_ID");

    private static void CheckQueues(SettingsReader reader, Uri ours, string named)
    {
        if (HostsQueues(reader) is not var (name, theirs))
            reader.Wrong(Connection, $"is missing, by which the Functions host finds crawl jobs: let it name the account that {SettingsReader.EnvironmentName(named)} names.");
        else if (theirs is null)
            reader.Wrong(name, "names no account of queues, and the Functions host takes crawl jobs from there: correct it.");
        else if (Place(theirs) != Place(ours))
            reader.Wrong(
                named,
                $"sends crawl jobs to {ours}, but the Functions host takes them from {theirs}, which {SettingsReader.EnvironmentName(name)} names: "
                + "they would wait forever. Let both name the same account.");
    }

    /// <returns>The setting that counts, and the address in it, null where it makes no sense; null where there is none.</returns>
    private static (string Name, Uri? Address)? HostsQueues(SettingsReader reader)
    {
        if (reader.OfOthers(Connection) is { } connectionString)
            return (Connection, Parse(connectionString));
        if (reader.OfOthers($"{Connection}:accountName") is { } account)
            return ($"{Connection}:accountName", Absolute($"https://{account}.queue.core.windows.net"));
        if (reader.OfOthers($"{Connection}:queueServiceUri") is { } address)
            return ($"{Connection}:queueServiceUri", Absolute(address));
        return null;
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
