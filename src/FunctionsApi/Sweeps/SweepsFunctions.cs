using Microsoft.Azure.Functions.Worker;

namespace FunctionsApi.Sweeps;

/// <summary>What the Functions host's timer calls, and alone <c>SweepTimer</c>.</summary>
internal sealed class SweepsFunctions(HourlySweep sweep)
{
    [Function("sweep")]
    public Task SweepAsync([TimerTrigger("0 7 * * * *")] TimerInfo timer, CancellationToken cancellationToken) => sweep.RunAsync(cancellationToken);
}
