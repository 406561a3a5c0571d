using FunctionsApi.Storage;
using FunctionsApi.Tenants;

namespace FunctionsApi.Operations;

/// <summary>What must be so before the first request is answered.</summary>
internal sealed class Opening(ITableStore store, Clock clock, TenantDirectory tenants, Settings settings, TimeProvider time) : IHostedService
{
    /// <exception cref="TableStoreException">The store does not answer.</exception>
    /// <exception cref="SettingsException">This machine's clock is behind it.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await ConfiguredStore.WaitAsync(store, time, Console.Error);
        StartTimes.Mark("store");
        if (!settings.AcceptClockSetBack)
            await clock.CheckAsync(cancellationToken);
        await clock.WriteAsync(accept: settings.AcceptClockSetBack, cancellationToken);
        // The plans that came with the program may not be those in force.
        await tenants.RefreshAsync(cancellationToken);
        StartTimes.Mark("tenants");
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
