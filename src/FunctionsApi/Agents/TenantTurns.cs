// A plan bounds a tenant's requests and not what each of them asks of the store: a request may write a thousand events, or read
// every document. The store serves the ledger too, so each instance does four such things at a time for a tenant, and the others
// wait. A request takes its turns one batch after the other, so that a small one does not wait until large ones are done.

using System.Threading.RateLimiting;
using FunctionsApi.Api;

namespace FunctionsApi.Agents;

/// <summary>Bounds what an instance does in the store for one tenant at a time, where that is many rows.</summary>
internal sealed class TenantTurns : IDisposable
{
    public const int AtATime = 4;

    // Plans bound requests in flight, each of which waits for at most AtATime turns; a tenant without such a limit ends here.
    public const int MaxWaiting = 1000;

    private readonly PartitionedRateLimiter<string> _turns = PartitionedRateLimiter.Create<string, string>(
        tenant => RateLimitPartition.GetConcurrencyLimiter(
            tenant,
            _ => new() { PermitLimit = AtATime, QueueLimit = MaxWaiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst }));

    /// <summary>Waits until the tenant's next turn.</summary>
    /// <returns>To be disposed when it is over.</returns>
    /// <exception cref="ApiException">503: too many wait already.</exception>
    public async ValueTask<IDisposable> TakeAsync(string tenant, CancellationToken cancellationToken)
    {
        var turn = await _turns.AcquireAsync(tenant, cancellationToken: cancellationToken);
        if (turn.IsAcquired)
            return turn;
        turn.Dispose();
        throw new ApiException(Refusal.Unavailable(retryAfterSeconds: 1));
    }

    public void Dispose() => _turns.Dispose();
}
