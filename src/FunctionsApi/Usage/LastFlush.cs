using FunctionsApi.Storage;

namespace FunctionsApi.Usage;

/// <summary>Writes what was counted while the program stopped: answers that were on their way are counted after everything else has stopped.</summary>
internal sealed class LastFlush(UsageRecorder usage) : IHostedLifecycleService
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1.5);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Not by the caller's token: it may be set, for the time in which the program stops may be used up.
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Limit);
        try
        {
            await usage.FlushAsync(timeout.Token);
        }
        catch (Exception exception) when (exception is TableStoreException or OperationCanceledException)
        {
            // Its regular flush has logged why.
        }
    }
}
