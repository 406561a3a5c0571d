using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace FunctionsApi.Quotas.Tests;

/// <summary>
/// Runs a test and all that it sets off one after the other on a thread of their own, so that what follows from a step has
/// happened before the next one, however busy the pool is.
/// </summary>
internal sealed class OneThread : SynchronizationContext, IDisposable
{
    private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _work = [];

    public OneThread() => new Thread(Run) { IsBackground = true }.Start();

    /// <summary>What follows an <c>await</c> of this runs on the thread.</summary>
    public Switch SwitchAsync() => new(this);

    /// <summary>Completes when nothing is left to do.</summary>
    public async Task SettleAsync()
    {
        do
            await Task.Yield();
        while (_work.Count > 0);
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (_work.IsAddingCompleted)
            base.Post(d, state);
        else
            _work.Add((d, state));
    }

    public override SynchronizationContext CreateCopy() => this;

    public void Dispose() => _work.CompleteAdding();

    private void Run()
    {
        SetSynchronizationContext(this);
        foreach (var (callback, state) in _work.GetConsumingEnumerable())
            callback(state);
        _work.Dispose();
    }

    internal readonly struct Switch(OneThread thread) : INotifyCompletion
    {
        public bool IsCompleted => Current == thread;

        public Switch GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) => thread.Post(_ => continuation(), null);
    }
}
