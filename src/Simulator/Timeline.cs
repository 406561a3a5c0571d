using FunctionsApi.Quotas;

namespace FunctionsApi.Simulator;

/// <summary>
/// Simulated time, and what happens in it: one thing after the other on the calling thread, in order of time and, at one
/// time, in the order in which it was planned. So the same plan gives the same run.
/// </summary>
/// <param name="start">The first moment.</param>
internal sealed class Timeline(Instant start)
{
    private readonly PriorityQueue<Happening, (long At, long Order)> _future = new();
    private readonly Queue<Happening> _present = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private volatile string? _disturbance;
    private long _order;

    /// <summary>The true time; what clocks show is their own affair.</summary>
    public Instant Now { get; private set; } = start;

    /// <param name="at">When; what is past happens at once.</param>
    /// <param name="where">The instance that it happens to, and with whose end it is forgotten; null for the world.</param>
    /// <param name="callback">What.</param>
    /// <param name="state">For the callback.</param>
    public void Plan(Instant at, InstanceThread? where, SendOrPostCallback callback, object? state)
    {
        if (Environment.CurrentManagedThreadId != _thread)
            _disturbance = Environment.StackTrace;
        else if (at <= Now)
            _present.Enqueue(new(where, callback, state));
        else
            _future.Enqueue(new(where, callback, state), (at.Ticks, _order++));
    }

    public void Plan(Instant at, Action action) => Plan(at, null, static action => ((Action)action!)(), action);

    /// <summary>Lets everything happen that is due until then, that moment included.</summary>
    /// <exception cref="InvalidOperationException">Another thread took part, so that the run cannot be repeated.</exception>
    public void RunUntil(Instant end)
    {
        var outside = SynchronizationContext.Current;
        try
        {
            while (true)
            {
                while (_present.TryDequeue(out var happening))
                    Run(happening);
                if (_disturbance is { } disturbance)
                    throw new InvalidOperationException($"Something continued on another thread, so that the run cannot be repeated:\n{disturbance}");
                if (!_future.TryPeek(out _, out var due) || due.At > end.Ticks)
                    break;
                Now = Instant.Max(Now, new(due.At));
                _present.Enqueue(_future.Dequeue());
            }
            Now = Instant.Max(Now, end);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outside);
        }
    }

    public void RunFor(TimeSpan span) => RunUntil(Now + span);

    private static void Run(in Happening happening)
    {
        if (happening.Where is { IsOver: true })
            return;
        SynchronizationContext.SetSynchronizationContext(happening.Where);
        happening.Callback(happening.State);
    }

    private readonly record struct Happening(InstanceThread? Where, SendOrPostCallback Callback, object? State);
}
