namespace FunctionsApi.Benchmarks.Servers;

/// <summary>A server under load: alone in a process of its own, or the worker of a function app behind the double of the Functions host.</summary>
internal interface IServer : IAsyncDisposable
{
    Uri Address { get; }

    /// <summary>What it printed until it said where it listens; empty behind the host.</summary>
    IReadOnlyList<string> Greeting { get; }

    /// <summary>Processor time that the program has used, user and system, all threads. The host's is not in it.</summary>
    TimeSpan ProcessorTime { get; }
}
