namespace FunctionsApi.Storage.Accounts;

/// <summary>One of the services of an account, and what tells it from the others.</summary>
public sealed class StorageService
{
    private StorageService(string name, int developmentPort, string rights, string speed) =>
        (Name, DevelopmentPort, Rights, Speed) = (name, developmentPort, rights, speed);

    public static StorageService Tables { get; } = new(
        "Table", 10002,
        "reading, adding, updating and deleting in tables",
        "an account does 20,000 operations a second, a partition 2,000");

    public static StorageService Queues { get; } = new(
        "Queue", 10001,
        "creating queues, and reading, adding, updating and processing messages",
        "an account does 20,000 operations a second, a queue 2,000");

    /// <summary>With a capital: it is part of other names.</summary>
    internal string Name { get; }

    /// <summary>Azurite's, where nothing else is said.</summary>
    internal int DevelopmentPort { get; }

    /// <summary>What a shared access signature must allow.</summary>
    internal string Rights { get; }

    internal string Speed { get; }
}
