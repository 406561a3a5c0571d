// The task hub of a Functions host on Azure Storage, as far as signals and looks go:
//
//   signal -> waits in the control queue of its entity's hub partition until that is looked at
//          -> runs in a batch with whatever else waits for the entity, in any order
//          -> what came of the batch is committed together, or nothing of it, and then its signals come again
//
// While a hub partition moves to another host, nothing of it runs, and what had begun to is not committed.

using FunctionsApi.Ledgers;
using FunctionsApi.Quotas;

namespace FunctionsApi.Simulator;

/// <param name="timeline">Where signals wait and batches run.</param>
/// <param name="pace">How it does at the moment.</param>
/// <param name="random">Draws what is left to chance.</param>
/// <param name="log">Hears of what it asks of storage, and of commits.</param>
internal sealed class SimulatedHub(Timeline timeline, Func<HubPace> pace, Random random, IStoreLog? log)
{
    /// <summary>What the hub says of itself in <see cref="StorageRequest.Instance"/>.</summary>
    private const int Itself = -1;

    /// <summary>The history read, the history written, the instance written.</summary>
    private const int RequestsOfBatch = 3;

    /// <summary>Got from the queue, and deleted.</summary>
    private const int RequestsOfSignal = 2;

    private readonly Dictionary<string, Entity> _entities = [];

    /// <summary>Signals that ran, and batches they ran in.</summary>
    public (long Signals, long Batches) Ran { get; private set; }

    /// <summary>What is committed.</summary>
    public string? Read(string partition) => _entities.GetValueOrDefault(partition)?.Committed;

    /// <summary>A signal is in the control queue.</summary>
    public void Receive(string partition, EntitySignal signal)
    {
        if (!_entities.TryGetValue(partition, out var entity))
            _entities.Add(partition, entity = new());
        entity.Waiting.Add(signal);
        Wake(partition, entity);
        if (random.NextDouble() < pace().Again)
            timeline.Plan(timeline.Now + TimeSpan.FromSeconds(10 * random.NextDouble()), () => Repeat(partition, entity, signal));
    }

    private void Repeat(string partition, Entity entity, EntitySignal signal)
    {
        entity.Waiting.Add(signal);
        Wake(partition, entity);
    }

    private void Wake(string partition, Entity entity)
    {
        if (entity.IsAwake)
            return;
        entity.IsAwake = true;
        var at = timeline.Now + pace().Polling * random.NextDouble();
        timeline.Plan(Instant.Max(at, pace().MovesUntil(partition, at)), () => Run(partition, entity));
    }

    private void Run(string partition, Entity entity)
    {
        EntitySignal[] batch = [.. entity.Waiting];
        entity.Waiting.Clear();
        random.Shuffle(batch);
        var state = batch.Aggregate(entity.Committed, (state, signal) => signal.Receive(state, timeline.Now));
        Ran = (Ran.Signals + batch.Length, Ran.Batches + 1);
        for (var i = RequestsOfBatch + RequestsOfSignal * batch.Length; i > 0; i--)
            log?.Sent(new(Itself, StorageAction.Hub, partition, default));
        var at = timeline.Now + pace().Commit;
        timeline.Plan(at, () => Commit(partition, entity, batch, state));
    }

    private void Commit(string partition, Entity entity, EntitySignal[] batch, string? state)
    {
        entity.IsAwake = false;
        if (random.NextDouble() < pace().Lost || pace().MovesUntil(partition, timeline.Now) > timeline.Now)
            entity.Waiting.AddRange(batch);
        else
        {
            entity.Committed = state;
            log?.Done(new(Itself, StorageAction.Put, partition, default), isConflict: false);
        }
        if (entity.Waiting.Count > 0)
            Wake(partition, entity);
    }

    private sealed class Entity
    {
        public string? Committed { get; set; }

        public List<EntitySignal> Waiting { get; } = [];

        /// <summary>A batch of it runs or is going to.</summary>
        public bool IsAwake { get; set; }
    }
}

/// <summary>How a task hub does.</summary>
internal sealed record HubPace
{
    /// <summary>Its control queues are looked at so often.</summary>
    public TimeSpan Polling { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>From a batch's beginning to its commit.</summary>
    public TimeSpan Commit { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How often a batch is not committed, 0 to 1.</summary>
    public double Lost { get; init; }

    /// <summary>How often a signal comes a second time, 0 to 1; up to 10 s later.</summary>
    public double Again { get; init; }

    /// <summary>How many hub partitions there are.</summary>
    public int Partitions { get; init; } = 4;

    /// <summary>Which of them moves to another host, from when until when.</summary>
    public IReadOnlyList<(int Partition, Instant From, Instant Until)> Moves { get; init; } = [];

    /// <returns>When it has moved; the beginning of time where it does not at that time.</returns>
    public Instant MovesUntil(string partition, Instant at)
    {
        // As string hashes differ from run to run.
        var place = partition.Aggregate(17, (hash, c) => unchecked(hash * 31 + c)) & int.MaxValue;
        foreach (var move in Moves)
            if (move.Partition == place % Partitions && at >= move.From && at < move.Until)
                return move.Until;
        return default;
    }
}
