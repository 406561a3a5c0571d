namespace FunctionsApi.Simulator;

/// <summary>
/// What an instance awaits continues through here and so on the timeline. Once the instance is over, nothing of it ever
/// runs again: that is what a crash is.
/// </summary>
internal sealed class InstanceThread(Timeline timeline) : SynchronizationContext
{
    /// <summary>Whose.</summary>
    public int Number { get; init; }

    public bool IsOver { get; set; }

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (!IsOver)
            timeline.Plan(timeline.Now, this, d, state);
    }

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Calls into the instance from outside of it.</summary>
    public Entered Enter()
    {
        var before = Current;
        SetSynchronizationContext(this);
        return new(before);
    }

    /// <summary>Inside the instance until disposed of.</summary>
    internal readonly ref struct Entered(SynchronizationContext? before) : IDisposable
    {
        public void Dispose() => SetSynchronizationContext(before);
    }
}
