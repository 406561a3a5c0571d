using System.Collections.Concurrent;

namespace FunctionsApi.Benchmarks.Ledgers;

/// <summary>
/// Runs everything that awaits on the thread that calls <see cref="RunUntilQuiet"/>, so that time that is moved by hand
/// never moves past work that is still to be done at the present moment.
/// </summary>
internal sealed class OneThread : SynchronizationContext
{
    private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _work = [];

    public override void Post(SendOrPostCallback d, object? state) => _work.Add((d, state));

    public override SynchronizationContext CreateCopy() => this;

    /// <param name="isAwaited">Whether something is under way elsewhere that will come back to this thread.</param>
    public void RunUntilQuiet(Func<bool> isAwaited)
    {
        while (true)
        {
            while (_work.TryTake(out var work))
                work.Callback(work.State);
            if (!isAwaited())
                return;
            var next = _work.Take();
            next.Callback(next.State);
        }
    }
}
