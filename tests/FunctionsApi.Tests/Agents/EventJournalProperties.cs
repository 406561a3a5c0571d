using System.Collections.Immutable;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FunctionsApi.Agents;
using FunctionsApi.Agents.Analytics;
using FunctionsApi.Agents.Analytics.Journal;
using FunctionsApi.Storage;
using FunctionsApi.Usage;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents;

/// <summary>
/// Events are sent to several instances, late or again, while instances are killed and answers are lost: what is counted is what a
/// recount of all that is stored gives, and that is what was accepted.
/// </summary>
public sealed class EventJournalProperties
{
    private const string Tenant = "acme";
    private const int Instances = 3;

    private static readonly Gen<SentEvent> Event =
        from id in Gen.Choose(0, 12)
        from type in Gen.Elements("view", "click", "beat")
        from page in Gen.Elements(null, "/a", "/b", "/c")
        from hoursAgo in Gen.Choose(0, 60)
        select new SentEvent(id < 3 ? null : $"e{id}", type, page, hoursAgo);

    private static readonly Gen<Step> AnyStep =
        from instance in Gen.Choose(0, Instances - 1)
        from events in Event.NonEmptyListOf()
        from fault in Gen.Frequency((12, Gen.Constant(Fault.None)), (1, Gen.Constant(Fault.Fails)), (1, Gen.Constant(Fault.LosesAnswer)), (1, Gen.Constant(Fault.KilledBefore)), (1, Gen.Constant(Fault.KilledAfter)))
        from hours in Gen.Frequency((6, Gen.Constant(0)), (2, Gen.Choose(1, 30)))
        select new Step(instance, [.. events], fault, hours);

    [Fact]
    public void Counts_are_those_of_a_full_recount() => Prop
        .ForAll(AnyStep.ListOf().ToArbitrary(), steps => PlayAsync([.. steps]).GetAwaiter().GetResult())
        .Check(Config.QuickThrowOnFailure.WithMaxTest(150));

    private static async Task<bool> PlayAsync(Step[] steps)
    {
        using var world = new World();
        foreach (var step in steps)
            await world.PlayAsync(step);

        var stored = await world.StoredAsync();
        stored.Order().ShouldBe(world.Expected.Order());
        await world.ShouldCountAsync(JournalRows.HourPrefix, stored.Select(it => (Floor(it.Timestamp, TimeSpan.FromHours(1)), it.Type)));
        await world.ShouldCountAsync(JournalRows.DayPrefix, stored.Select(it => (Floor(it.Timestamp, TimeSpan.FromDays(1)), it.Type)));
        await world.ShouldCountAsync(
            JournalRows.PagePrefix, stored.Where(it => it.Page is not null).Select(it => (Floor(it.Timestamp, TimeSpan.FromDays(1)), it.Page!)));
        return true;
    }

    private static DateTimeOffset Floor(DateTimeOffset time, TimeSpan unit) => new(time.UtcTicks - (time.UtcTicks % unit.Ticks), TimeSpan.Zero);

    private enum Fault
    {
        None,
        Fails,
        LosesAnswer,
        KilledBefore,
        KilledAfter,
    }

    private sealed record SentEvent(string? Id, string Type, string? Page, int HoursAgo);

    private sealed record Step(int Instance, SentEvent[] Events, Fault Fault, int HoursLater);

    private sealed record Known(DateTimeOffset Timestamp, string Type, string? Page, string? Id) : IComparable<Known>
    {
        public int CompareTo(Known? other) => string.CompareOrdinal(ToString(), other?.ToString());
    }

    /// <summary>Several instances on one store, and a list of what must be in it that is too simple to be wrong.</summary>
    private sealed class World : IDisposable
    {
        private readonly InMemoryTableStore _store = new();
        private readonly ManualTime _time = new();
        private readonly TenantTurns _turns = new();
        private readonly Instance[] _instances = new Instance[Instances];
        private KnownIds _ids = new([], [], null);

        public List<Known> Expected { get; } = [];

        public void Dispose() => _turns.Dispose();

        public async Task PlayAsync(Step step)
        {
            _time.Advance(TimeSpan.FromHours(step.HoursLater));
            var instance = _instances[step.Instance] ??= new(_store, _turns, _time);
            instance.Store.Fault = step.Fault;
            AnalyticsEvent[] events = [.. step.Events.Select(Made)];
            var isAcknowledged = await TryAppendAsync(instance, events, out var duplicates);
            var (writes, ids) = Judge(events);
            // Where nothing is new to the others, an instance that is behind may still try to write it.
            if (writes.Count > 0 || step.Fault is Fault.None)
                isAcknowledged.ShouldBe(step.Fault is Fault.None or Fault.LosesAnswer);
            if (isAcknowledged)
                duplicates().ShouldBe(events.Length - writes.Count);
            if (step.Fault is not (Fault.Fails or Fault.KilledBefore))
            {
                _ids = ids;
                Expected.AddRange(writes.Select(it => new Known(it.Timestamp, it.Type, it.Page, it.Id)));
            }

            if (step.Fault is Fault.KilledBefore or Fault.KilledAfter)
                _instances[step.Instance] = new(_store, _turns, _time);
            instance.Store.Fault = Fault.None;
        }

        public async Task<List<Known>> StoredAsync() => await new JournalEvents(_store)
            .ReadAsync(Tenant, DateTimeOffset.UnixEpoch, _time.GetUtcNow().AddDays(1), CancellationToken.None)
            .Select(stored => new Known(
                stored.Timestamp,
                stored.Event.GetProperty("type").GetString()!,
                stored.Event.GetProperty("page").GetString(),
                stored.Event.GetProperty("id").GetString()))
            .ToListAsync();

        public async Task ShouldCountAsync(string prefix, IEnumerable<(DateTimeOffset Start, string Name)> events)
        {
            var period = new ReportPeriod(TimeSpan.FromDays(1), new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), new(2036, 1, 1, 0, 0, 0, TimeSpan.Zero));
            var counted = await new JournalCounts(_store, _turns).ReadAsync(Tenant, prefix, period, CancellationToken.None)
                .SelectMany(part => part.Counts.ByName.Select(name => $"{part.Start:O} {name.Key} {name.Value}")).ToListAsync();
            counted.Order(StringComparer.Ordinal).ShouldBe(
                events.GroupBy(it => it).Select(group => $"{group.Key.Start:O} {group.Key.Name} {group.Count()}").Order(StringComparer.Ordinal));
        }

        /// <summary>Which of the events are new, and which ids are known once they are stored.</summary>
        private (List<AnalyticsEvent> New, KnownIds Ids) Judge(AnalyticsEvent[] events)
        {
            var (writes, ids) = (new List<AnalyticsEvent>(), _ids);
            foreach (var it in events)
            {
                if (it.Id is not null && ids.Contains(it.Id))
                    continue;
                writes.Add(it);
                ids = it.Id is null ? ids : ids.With(it.Id, _time.GetUtcNow());
            }

            return (writes, ids);
        }

        private static Task<bool> TryAppendAsync(Instance instance, AnalyticsEvent[] events, out Func<int> duplicates)
        {
            var append = instance.Journal.AppendAsync(Tenant, events, CancellationToken.None);
            duplicates = () => append.Result;
            return SucceedsAsync(append);
        }

        private static async Task<bool> SucceedsAsync(Task append)
        {
            try
            {
                await append;
                return true;
            }
            catch (TableStoreException)
            {
                return false;
            }
        }

        private AnalyticsEvent Made(SentEvent sent)
        {
            var json = $"{{\"type\":\"{sent.Type}\",\"page\":{Quoted(sent.Page)},\"id\":{Quoted(sent.Id)}}}";
            return new(sent.Type, _time.GetUtcNow() - TimeSpan.FromHours(sent.HoursAgo), sent.Id, sent.Page, Encoding.UTF8.GetBytes(json));
        }

        private static string Quoted(string? text) => text is null ? "null" : $"\"{text}\"";

    }

    /// <summary>Two generations of ids.</summary>
    private sealed record KnownIds(ImmutableHashSet<string> Before, ImmutableHashSet<string> Present, DateTimeOffset? Since)
    {
        public bool Contains(string id) => Before.Contains(id) || Present.Contains(id);

        public KnownIds With(string id, DateTimeOffset now) => now - Since < SeenIds.RememberFor
            ? this with { Present = Present.Add(id) }
            : new(Present, [id], now);
    }

    private sealed class Instance(ITableStore store, TenantTurns turns, TimeProvider time)
    {
        public FaultyStore Store { get; } = new(store);

        public EventJournal Journal => field ??= new(Store, turns, time);
    }

    /// <summary>What an instance sees of the store.</summary>
    private sealed class FaultyStore(ITableStore inner) : ITableStore
    {
        private bool _isDead;

        public Fault Fault { get; set; }

        public async Task<IReadOnlyList<string>?> BatchAsync(string table, IReadOnlyList<TablePut> puts, CancellationToken cancellationToken)
        {
            _isDead = Fault is Fault.KilledBefore;
            var eTags = Fault is Fault.Fails or Fault.KilledBefore ? [] : await inner.BatchAsync(table, puts, cancellationToken);
            // Where somebody else was quicker, the fault waits for the next try.
            if (eTags is null || Fault is Fault.None)
                return eTags;
            _isDead = Fault is Fault.KilledBefore or Fault.KilledAfter;
            Fault = Fault.None;
            throw new TableStoreException("The answer was lost.") { MayPass = true };
        }

        public Task<TableRow?> GetAsync(string table, TableKey key, CancellationToken cancellationToken) => Living().GetAsync(table, key, cancellationToken);

        public IAsyncEnumerable<TableRow> QueryAsync(string table, TableQuery query, CancellationToken cancellationToken) => Living().QueryAsync(table, query, cancellationToken);

        public Task<string?> PutAsync(string table, TablePut put, CancellationToken cancellationToken) => Living().PutAsync(table, put, cancellationToken);

        public Task<bool> DeleteAsync(string table, TableKey key, string? ifMatch, CancellationToken cancellationToken) => Living().DeleteAsync(table, key, ifMatch, cancellationToken);

        private ITableStore Living() => _isDead ? throw new TableStoreException("The process was killed.") : inner;
    }
}
