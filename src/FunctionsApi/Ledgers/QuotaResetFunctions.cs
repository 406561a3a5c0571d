using Microsoft.Azure.Functions.Worker;

namespace FunctionsApi.Ledgers;

/// <summary>Does what operators ask of entities.</summary>
internal sealed class QuotaResetFunctions(IEntityHub hub)
{
    [Function("quota-reset")]
    public Task RunAsync([QueueTrigger(QuotaResets.QueueName)] string message, CancellationToken cancellationToken) =>
        QuotaResets.SendAsync(hub, message, cancellationToken);
}
