using FunctionsApi.Ledgers;
using FunctionsApi.Quotas;

namespace FunctionsApi.Tests.Ledgers;

/// <summary>A task hub that delivers signals when a test says so.</summary>
internal sealed class ScriptedHub(TimeProvider time) : IEntityHub
{
    private readonly Dictionary<string, string?> _committed = [];

    /// <summary>Signals are delivered as soon as they are sent.</summary>
    public bool Delivers { get; set; } = true;

    /// <summary>What it throws.</summary>
    public Exception? Failure { get; set; }

    /// <summary>What signals fail by.</summary>
    public Exception? SignalFailure { get; set; }

    /// <summary>Nothing is answered.</summary>
    public bool Hangs { get; set; }

    public List<(string Partition, EntitySignal Signal)> Sent { get; } = [];

    public int Reads { get; private set; }

    public Task<string?> ReadAsync(string partition, CancellationToken cancellationToken)
    {
        Reads++;
        if (Hangs)
            return new TaskCompletionSource<string?>().Task.WaitAsync(cancellationToken);
        return Failure is null ? Task.FromResult(Committed(partition)) : Task.FromException<string?>(Failure);
    }

    public Task SignalAsync(string partition, EntitySignal signal, CancellationToken cancellationToken)
    {
        Sent.Add((partition, signal));
        if (Delivers)
            Deliver(Sent.Count - 1);
        return (SignalFailure ?? Failure) is { } failure ? Task.FromException(failure) : Task.CompletedTask;
    }

    public string? Committed(string partition) => _committed.GetValueOrDefault(partition);

    public void Commit(string partition, string? text) => _committed[partition] = text;

    /// <summary>Delivers a signal that was sent, once more where it was delivered before.</summary>
    public void Deliver(int place) => Commit(Sent[place].Partition, Sent[place].Signal.Receive(Committed(Sent[place].Partition), Instant.From(time.GetUtcNow())));
}
