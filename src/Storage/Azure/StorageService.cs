using Azure.Data.Tables;
using Azure.Storage.Queues;

namespace FunctionsApi.Storage.Azure;

/// <summary>One of the services of an account, and what tells it from the others.</summary>
public sealed class StorageService
{
    private StorageService(string name, Func<string, Uri?> parse, string rights, string speed) =>
        (Name, Parse, Rights, Speed) = (name, parse, rights, speed);

    public static StorageService Tables { get; } = new(
        "Table",
        connectionString => new TableServiceClient(connectionString).Uri,
        "reading, adding, updating and deleting in tables",
        "an account does 20,000 operations a second, a partition 2,000");

    public static StorageService Queues { get; } = new(
        "Queue",
        connectionString => new QueueServiceClient(connectionString).Uri,
        "creating queues, and reading, adding, updating and processing messages",
        "an account does 20,000 operations a second, a queue 2,000");

    /// <summary>With a capital: it is part of other names.</summary>
    internal string Name { get; }

    /// <summary>The service's address in a connection string, as the SDK reads it; null where there is none.</summary>
    internal Func<string, Uri?> Parse { get; }

    /// <summary>What a shared access signature must allow.</summary>
    internal string Rights { get; }

    internal string Speed { get; }
}
