// A tenant's journal is the partition of its name in the table EventJournal:
//
//   head                     who appended last, and which pages are open; every append replaces it, if it is as it was read
//   event|{day}|{page}       the events that came on a day, packed (EventPage)
//   id|{generation}|{page}   the ids that came since the generation began (SeenIds)
//   hour|{hour}  day|{day}   how many events of each type happened in it (EventCounts)
//   page|{day}               how many events happened at each page that day
//
// An append is one batch: its events, their ids, what they add to the counts, and the head. So an instance that is killed leaves all of it or
// nothing, counts never differ from what is stored, and of two instances that append at once one finds the head changed, reads what
// the other wrote, and tries again. While an append of a tenant is under way, what else it sends gathers, and goes into the next
// together: ten thousand events are some ten appends. docs/adr/0018-event-journal.md says what else was tried.

using FunctionsApi.Api;
using FunctionsApi.Caches;
using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Analytics.Journal;

/// <summary>Keeps events, and counts them as they come.</summary>
internal sealed class EventJournal(ITableStore store, TenantTurns turns, TimeProvider time)
{
    // Of those tenants that send the most ids, some three.
    private const long MaxBytes = 64 * 1024 * 1024;

    private readonly BoundedCache<TenantJournal> _tenants = new(MaxBytes, static journal => journal.Bytes);

    /// <summary>Stores the events for good, but for those whose id is known already.</summary>
    /// <returns>How many of them were known.</returns>
    /// <exception cref="TableStoreException">The store failed; some may be stored.</exception>
    /// <exception cref="ApiException">503: too many of the tenant's events wait already.</exception>
    public Task<int> AppendAsync(string tenant, IReadOnlyList<AnalyticsEvent> events, CancellationToken cancellationToken)
    {
        if (!_tenants.TryGet(tenant, out var journal))
            journal = _tenants.GetOrAdd(tenant, new(new(store, tenant), turns, time, Weigh));
        return journal.AppendAsync(events).WaitAsync(cancellationToken);
    }

    private void Weigh(TenantJournal journal) => _tenants.Set(journal.Tenant, journal);
}
