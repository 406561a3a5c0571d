using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Storage;

namespace FunctionsApi.Ledgers;

/// <summary>
/// What an operator asks of entities. Only a running function app can send them signals, so the operator leaves a message in a queue of
/// the storage account, by the same sign-in that shows entities, and a function takes it from there: no address to guard and no key.
/// </summary>
internal static class QuotaResets
{
    public const string QueueName = "quota-resets";

    // No partition's name has one.
    private const char Separator = '\n';

    /// <summary>Asks for a reset.</summary>
    /// <param name="queues">Those of the account.</param>
    /// <param name="partition">Whose.</param>
    /// <param name="entity">As it was read; null where it cannot be.</param>
    /// <param name="now">The time to start from.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TableStoreException">The account does not answer, or it is not allowed.</exception>
    public static Task AskAsync(IQueueStore queues, string partition, QuotaEntity? entity, Instant now, CancellationToken cancellationToken)
    {
        var signal = EntitySignal.Reset(entity, now);
        return queues.SendAsync(QueueName, $"{partition}{Separator}{signal.Name}{Separator}{signal.Input}", cancellationToken);
    }

    /// <summary>Sends what was asked for.</summary>
    /// <exception cref="InvalidDataException">The message is none of <see cref="AskAsync"/>.</exception>
    public static Task SendAsync(IEntityHub hub, string message, CancellationToken cancellationToken) => message.Split(Separator) is [var partition, var name, var input]
        ? hub.SignalAsync(partition, new(name, input), cancellationToken)
        : throw new InvalidDataException("This message asks for no reset.");
}
