using System.Runtime.CompilerServices;
using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Analytics.Journal;

/// <summary>Reads events as they were sent.</summary>
internal sealed class JournalEvents(ITableStore store)
{
    /// <summary>What came from one day, inclusive, to another, exclusive, in the order in which it was stored.</summary>
    public async IAsyncEnumerable<StoredEvent> ReadAsync(
        string tenant, DateTimeOffset from, DateTimeOffset to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pages = new JournalRows(store, tenant).ReadAsync(JournalRows.EventDay(from), JournalRows.EventDay(to), cancellationToken);
        await foreach (var (_, page) in pages)
            foreach (var stored in EventPage.Read(page))
                yield return stored;
    }
}
