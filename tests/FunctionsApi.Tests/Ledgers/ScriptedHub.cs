using FunctionsApi.Ledgers;

namespace FunctionsApi.Tests.Ledgers;

/// <summary>A task hub that delivers signals when a test says so.</summary>
internal sealed class ScriptedHub : IEntityHub
{
    private readonly Dictionary<string, string?> _committed = [];

    /// <summary>Signals are delivered as soon as they are sent.</summary>
    public bool Delivers { get; set; } = true;

    /// <summary>What it throws.</summary>
    public Exception? Failure { get; set; }

    /// <summary>It neither answers nor fails.</summary>
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
        return Failure is null ? Task.CompletedTask : Task.FromException(Failure);
    }

    public string? Committed(string partition) => _committed.GetValueOrDefault(partition);

    public void Commit(string partition, string? text) => _committed[partition] = text;

    /// <summary>Delivers a signal that was sent, once more where it was delivered before.</summary>
    public void Deliver(int place) => Commit(Sent[place].Partition, Sent[place].Signal.Receive(Committed(Sent[place].Partition)));
}
