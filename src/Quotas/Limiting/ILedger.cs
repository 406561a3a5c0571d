using FunctionsApi.Quotas.Entities;

namespace FunctionsApi.Quotas.Limiting;

/// <summary>Applies operations to quota entities durably, one after the other for each entity.</summary>
public interface ILedger
{
    /// <summary>
    /// Applies an operation. When it returns, the outcome is durable; where it throws, the operation may or may not have
    /// been applied, and the same one, repeated, finds out.
    /// </summary>
    /// <param name="partition">Whose entity.</param>
    /// <param name="operation">What to do.</param>
    /// <param name="now">The caller's time.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="LedgerUnavailableException">The store behind the ledger cannot be reached.</exception>
    /// <exception cref="LedgerContendedException">Too many instances change this partition's entity at once.</exception>
    /// <exception cref="LedgerSlowException">The store answers, and the operation does not stand yet.</exception>
    /// <exception cref="EntityUnreadableException">This partition's entity cannot be read.</exception>
    Task<QuotaResult> ApplyAsync(
        string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken);

    /// <summary>How the operation's policies stand; changes nothing.</summary>
    /// <exception cref="LedgerUnavailableException">The store behind the ledger cannot be reached.</exception>
    /// <exception cref="EntityUnreadableException">This partition's entity cannot be read.</exception>
    Task<QuotaResult> PeekAsync(
        string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken);
}

/// <summary>
/// One partition's counters cannot be read; the ledger serves all others. The message is for operators and names the remedy.
/// </summary>
public sealed class EntityUnreadableException(string message, Exception? innerException = null)
    : Exception(message, innerException);

/// <summary>The store answers, and others write one partition's counters so fast that this instance does not get to it.</summary>
public sealed class LedgerContendedException(string message, Exception? innerException = null)
    : Exception(message, innerException);

/// <summary>The store answers and has not applied an operation yet, as while one of its partitions moves to another host.</summary>
public sealed class LedgerSlowException(string message) : Exception(message);

/// <summary>The ledger's store cannot be reached. The message is for operators: it says why and holds no secret.</summary>
public sealed class LedgerUnavailableException(string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>How long the store asks to be left alone; null where it says nothing.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
