using Microsoft.Azure.Functions.Worker;

namespace FunctionsApi.Sweeps;

/// <summary>What the Functions host's timer does; alone it is <c>SweepTimer</c>'s turn.</summary>
internal sealed class SweepsFunctions(HourlySweep sweep)
{
    [Function("sweep")]
    public Task SweepAsync([TimerTrigger("0 7 * * * *")] TimerInfo timer, CancellationToken cancellationToken) => sweep.RunAsync(cancellationToken);
}
