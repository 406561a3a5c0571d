namespace FunctionsApi.Settings;

/// <summary>What the ledger stands on.</summary>
internal enum LedgerKind
{
    /// <summary>A row for each partition, in the table store.</summary>
    Table,

    /// <summary>A durable entity for each partition, in the Functions host's task hub.</summary>
    Entities,
}
