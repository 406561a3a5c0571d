using FunctionsApi.Quotas.Limiting;

namespace FunctionsApi.Ledgers;

/// <summary>The task hub that holds the quota entities: the edge of the process.</summary>
internal interface IEntityHub
{
    /// <summary>What has been committed of an entity.</summary>
    /// <returns>Its text, see <see cref="EntityText"/>; empty where it holds something else; null where there is no such entity.</returns>
    /// <exception cref="LedgerUnavailableException">The hub cannot be reached.</exception>
    Task<string?> ReadAsync(string partition, CancellationToken cancellationToken);

    /// <summary>
    /// Sends a signal to an entity. When it returns, the signal is stored and will be delivered, at least once; where it throws,
    /// it may be.
    /// </summary>
    /// <exception cref="LedgerUnavailableException">The hub cannot be reached.</exception>
    Task SignalAsync(string partition, EntitySignal signal, CancellationToken cancellationToken);
}
