using System.Collections.Concurrent;
using FunctionsApi.Api;

namespace FunctionsApi.Agents.Knowledge.Search;

/// <summary>
/// The threads that search and build indexes: half as many as there are processors, and none of those that serve requests. What is to
/// be done waits in a queue of at most <see cref="MaxWaiting"/>.
/// </summary>
internal sealed class SearchWorkers : IDisposable
{
    // One tenant's work is done one after the other, so these are as many tenants.
    public const int MaxWaiting = 256;

    private readonly BlockingCollection<Action> _waiting = new(MaxWaiting);
    private readonly Thread[] _threads;

    public SearchWorkers()
    {
        _threads = [.. Enumerable.Range(1, Math.Max(1, Environment.ProcessorCount / 2)).Select(number =>
            new Thread(Work) { IsBackground = true, Name = $"search {number}" })];
        foreach (var thread in _threads)
            thread.Start();
    }

    /// <summary>Has something done by a worker. Work that has begun is waited for, even when the caller cancels meanwhile.</summary>
    /// <exception cref="ApiException">503: too much waits already.</exception>
    public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        return _waiting.TryAdd(Do) ? done.Task : throw new ApiException(Refusal.Unavailable(retryAfterSeconds: 1));

        void Do()
        {
            if (cancellationToken.IsCancellationRequested)
            {
                done.SetCanceled(cancellationToken);
                return;
            }

            try
            {
                done.SetResult(work());
            }
            catch (Exception exception)
            {
                done.SetException(exception);
            }
        }
    }

    public void Dispose()
    {
        _waiting.CompleteAdding();
        foreach (var thread in _threads)
            thread.Join();
        _waiting.Dispose();
    }

    private void Work()
    {
        foreach (var action in _waiting.GetConsumingEnumerable())
            action();
    }
}
