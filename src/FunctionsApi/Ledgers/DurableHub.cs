using FunctionsApi.Quotas.Limiting;
using Grpc.Core;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Client.Entities;
using Microsoft.DurableTask.Entities;

namespace FunctionsApi.Ledgers;

/// <summary>The Functions host's task hub, asked through the client that the host gives.</summary>
internal sealed class DurableHub(HubClient client) : IEntityHub
{
    public Task<string?> ReadAsync(string partition, CancellationToken cancellationToken) => AskAsync(async entities =>
    {
        var entity = await entities.GetEntityAsync(IdOf(partition), includeState: true, cancellationToken);
        return entity is null || !entity.IncludesState ? null : EntityText.FromJson(entity.State.Value);
    }, cancellationToken);

    public Task SignalAsync(string partition, EntitySignal signal, CancellationToken cancellationToken) => AskAsync(async entities =>
    {
        await entities.SignalEntityAsync(IdOf(partition), signal.Name, signal.Input, options: null, cancellationToken);
        return true;
    }, cancellationToken);

    private static EntityInstanceId IdOf(string partition) => new(EntitySignal.Entity, EntityKey.Of(partition));

    // That the host has not said where its task hub is tells nothing of the hub, so nothing may be sold by guessing for it.
    private async Task<DurableTaskClient> ClientAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await client.GetAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            throw new LedgerSlowException("The Functions host has not said yet where its task hub is.");
        }
    }

    private async Task<T> AskAsync<T>(Func<DurableEntityClient, Task<T>> ask, CancellationToken cancellationToken)
    {
        var entities = (await ClientAsync(cancellationToken)).Entities;
        try
        {
            return await ask(entities);
        }
        catch (RpcException e) when (e.StatusCode != StatusCode.Cancelled || !cancellationToken.IsCancellationRequested)
        {
            if (e.StatusCode == StatusCode.Unavailable)
                client.AskForAddress();
            throw new LedgerUnavailableException($"The Functions host's task hub does not answer: {e.Status.StatusCode}: {e.Status.Detail}", e);
        }
        catch (RpcException e)
        {
            throw new OperationCanceledException("The wait for the task hub was ended.", e, cancellationToken);
        }
    }
}
