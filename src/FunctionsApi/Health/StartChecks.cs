using FunctionsApi.Settings;
using FunctionsApi.Storage;
using FunctionsApi.Telemetry;
using FunctionsApi.Tenants;

namespace FunctionsApi.Health;

/// <summary>What must be so before the first request is answered.</summary>
internal sealed class StartChecks(ITableStore store, Clock clock, TenantDirectory tenants, bool acceptClockSetBack, TimeProvider time) : IHostedService
{
    /// <exception cref="TableStoreException">The store does not answer.</exception>
    /// <exception cref="SettingsException">This machine's clock is behind it.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await ConfiguredStore.WaitAsync(store, time, Console.Error);
        StartTimes.Mark("store");
        if (!acceptClockSetBack)
            await clock.CheckAsync(cancellationToken);
        await clock.WriteAsync(accept: acceptClockSetBack, cancellationToken);
        // The plans that came with the program may not be those in force.
        await tenants.RefreshAsync(cancellationToken);
        StartTimes.Mark("tenants");
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
