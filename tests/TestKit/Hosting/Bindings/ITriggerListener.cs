namespace FunctionsApi.TestKit.Hosting.Bindings;

/// <summary>Fires the functions that have one kind of trigger. HTTP is no such kind: its functions are fired by requests.</summary>
public interface ITriggerListener
{
    /// <summary>The binding's type, as <c>queueTrigger</c>.</summary>
    string Type { get; }

    /// <summary>Fires a function by <see cref="FunctionsHost.InvokeAsync"/> whenever there is a reason to.</summary>
    /// <param name="function">Loaded by the worker.</param>
    /// <param name="host">Running.</param>
    /// <param name="stop">The host stops listening before it lets requests end and the worker stop. What runs then may go on.</param>
    Task ListenAsync(Function function, FunctionsHost host, CancellationToken stop);
}
