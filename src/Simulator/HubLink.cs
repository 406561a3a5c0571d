using FunctionsApi.Ledgers;
using FunctionsApi.Quotas.Limiting;

namespace FunctionsApi.Simulator;

/// <summary>One instance's way to the task hub that all share.</summary>
/// <param name="hub">The hub.</param>
/// <param name="courier">Takes requests there and answers back.</param>
internal sealed class HubLink(SimulatedHub hub, Courier courier) : IEntityHub
{
    public Task<string?> ReadAsync(string partition, CancellationToken cancellationToken) =>
        courier.SendAsync(StorageAction.Get, partition, () => hub.Read(partition), Refuse, cancellationToken);

    public Task SignalAsync(string partition, EntitySignal signal, CancellationToken cancellationToken) => courier.SendAsync(
        StorageAction.Signal,
        partition,
        () =>
        {
            hub.Receive(partition, signal);
            return true;
        },
        Refuse,
        cancellationToken);

    private static LedgerUnavailableException Refuse(string refusal) => new(refusal);
}
