using FunctionsApi.Storage.Azure;

namespace FunctionsApi.Ledgers;

/// <summary>
/// A partition as the key of its entity: as a table store holds it. Then the hub's rows of an entity are found by the same name,
/// whether the task hub is asked or its tables.
/// </summary>
internal static class EntityKey
{
    /// <summary>A partition that nobody has: a read of it shows that the hub answers.</summary>
    public const string Nobody = "nobody:first-look";

    private const string InstancePrefix = $"@{EntitySignal.Entity}@";

    public static string Of(string partition) => EscapedKey.Escape(partition);

    public static string PartitionOf(string key)
    {
        try
        {
            return EscapedKey.Unescape(key);
        }
        catch (InvalidDataException)
        {
            // A stranger's.
            return key;
        }
    }

    /// <summary>The entity's instance in the hub's tables, as this program's table store is asked for it.</summary>
    public static string InstanceOf(string partition) => InstancePrefix + partition;

    /// <returns>Null where it is no quota entity's.</returns>
    public static string? PartitionOfInstance(string instance) =>
        instance.StartsWith(InstancePrefix, StringComparison.Ordinal) ? instance[InstancePrefix.Length..] : null;
}
