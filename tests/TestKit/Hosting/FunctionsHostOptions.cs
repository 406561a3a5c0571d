using FunctionsApi.TestKit.Hosting.Bindings;

namespace FunctionsApi.TestKit.Hosting;

/// <summary>How a <see cref="FunctionsHost"/> is started.</summary>
public sealed record FunctionsHostOptions
{
    /// <summary>Where the function app is published: the folder with <c>host.json</c> and <c>worker.config.json</c>.</summary>
    public required string AppDirectory { get; init; }

    /// <summary>The app settings, which the host adds to this process's environment and the worker inherits; null takes one away.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>Kinds of triggers besides HTTP, timers and queues. Functions with a trigger that nobody knows are loaded and not fired.</summary>
    public IReadOnlyList<ITriggerListener> Triggers { get; init; } = [];

    /// <summary>Kinds of bindings that give functions data. The host does not start with a function that asks for another.</summary>
    public IReadOnlyList<IInputBinding> InputBindings { get; init; } = [];

    /// <summary>How long the worker may take to start.</summary>
    public TimeSpan StartLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// A worker that crashes is started again at once, but not sooner than this after it was started again the last time. The
    /// third crash within half an hour ends the host.
    /// </summary>
    public TimeSpan RestartInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long requests may take to end once the host stops.</summary>
    public TimeSpan DrainLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the worker may take to stop before it is killed.</summary>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromSeconds(5);
}
