// Table Events, partition = tenant. An event is a row `at|{time}|{unique}`, so that a stretch of time is a range of rows.
// One that has an id has a second row, `id|{id}`, which can be written once only; both are written in one batch, so an
// event that is sent again, with whatever time, is recognised and not stored twice.

using System.Runtime.CompilerServices;
using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Analytics;

/// <summary>Keeps events.</summary>
internal sealed class EventTable(ITableStore store, TenantTurns turns)
{
    private const string Name = "Events";

    // A batch holds 1 MiB, and an event is up to two rows of 34 KB together.
    private const int MaxBatch = 25;

    /// <summary>Stores the events for good, but for those whose id is stored already.</summary>
    public Task AddAsync(string tenant, IReadOnlyList<AnalyticsEvent> events, CancellationToken cancellationToken)
    {
        var batches = events
            .Where(sent => sent.Id is null)
            .Concat(events.Where(sent => sent.Id is not null).DistinctBy(sent => sent.Id))
            .Chunk(MaxBatch);
        return Parallel.ForEachAsync(
            batches,
            new ParallelOptions { MaxDegreeOfParallelism = TenantTurns.AtATime, CancellationToken = cancellationToken },
            async (batch, cancelled) =>
            {
                using var turn = await turns.TakeAsync(tenant, cancelled);
                await AddBatchAsync(tenant, batch, cancelled);
            });
    }

    /// <summary>Type and time of a tenant's events, in order of time.</summary>
    public async IAsyncEnumerable<(string Type, DateTimeOffset Timestamp)> ReadAsync(
        string tenant, DateTimeOffset from, DateTimeOffset to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var query = new TableQuery { Partition = tenant, FromRow = RowAt(from), ToRow = RowAt(to) };
        using var turn = await turns.TakeAsync(tenant, cancellationToken);
        await foreach (var row in store.QueryAsync(Name, query, cancellationToken))
            yield return ((string)row.Values["type"], (DateTimeOffset)row.Values["timestamp"]);
    }

    private async Task AddBatchAsync(string tenant, AnalyticsEvent[] batch, CancellationToken cancellationToken)
    {
        // Nearly always nothing is sent twice, so look for what is only once the store says so. Another sender may store
        // one of these ids between the look and the next try; then it is looked for again.
        while (batch.Length > 0 && !await TryPutAsync(tenant, batch, cancellationToken))
            batch = await NewOnesAsync(tenant, batch, cancellationToken);
    }

    private async Task<bool> TryPutAsync(string tenant, AnalyticsEvent[] batch, CancellationToken cancellationToken) =>
        await store.BatchAsync(Name, [.. batch.SelectMany(sent => Puts(tenant, sent))], cancellationToken) is not null;

    private async Task<AnalyticsEvent[]> NewOnesAsync(
        string tenant, AnalyticsEvent[] batch, CancellationToken cancellationToken)
    {
        List<AnalyticsEvent> newOnes = [];
        foreach (var sent in batch)
            if (sent.Id is null || await store.GetAsync(Name, new(tenant, RowOf(sent.Id)), cancellationToken) is null)
                newOnes.Add(sent);
        return [.. newOnes];
    }

    private static IEnumerable<TablePut> Puts(string tenant, AnalyticsEvent sent)
    {
        var row = $"{RowAt(sent.Timestamp)}|{Guid.NewGuid():N}";
        if (sent.Id is not null)
            yield return new(new(tenant, RowOf(sent.Id)), new Dictionary<string, object> { ["row"] = row }, PutCondition.IfAbsent);
        yield return new(
            new(tenant, row),
            new Dictionary<string, object> { ["type"] = sent.Type, ["timestamp"] = sent.Timestamp, ["event"] = sent.Json },
            PutCondition.None);
    }

    private static string RowAt(DateTimeOffset time) => $"at|{time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fffffff}";

    private static string RowOf(string id) => $"id|{id}";
}
