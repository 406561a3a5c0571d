using FunctionsApi.Settings;
using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Analytics.Journal;

/// <summary>One tenant's rows of the table, as the head of <c>EventJournal.cs</c> lists them.</summary>
internal sealed class JournalRows(ITableStore store, string tenant)
{
    public const string Table = "EventJournal";

    public const string EventPrefix = "event|", IdPrefix = "id|", HourPrefix = "hour|", DayPrefix = "day|", PagePrefix = "page|";

    private const string Head = "head";

    public string Tenant { get; } = tenant;

    public static string HourRow(DateTimeOffset time) => $"{HourPrefix}{time.UtcDateTime:yyyy-MM-dd'T'HH}";

    public static string DayRow(DateTimeOffset time) => $"{DayPrefix}{time.UtcDateTime:yyyy-MM-dd}";

    public static string PageRow(DateTimeOffset time) => $"{PagePrefix}{time.UtcDateTime:yyyy-MM-dd}";

    public static string EventDay(DateTimeOffset time) => $"{EventPrefix}{time.UtcDateTime:yyyy-MM-dd}|";

    public static string EventRow(string day, int page) => $"{day}{page:D8}";

    public static string IdGeneration(DateTimeOffset time) => $"{IdPrefix}{time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fffffff}|";

    public static string IdRow(string generation, int page) => $"{generation}{page:D8}";

    /// <summary>The rows of all tenants that are past their retention.</summary>
    public static IReadOnlyList<TableQuery> Expired(DateTimeOffset now, RetentionOptions retention)
    {
        var (events, counts) = (now - TimeSpan.FromDays(retention.EventDays), now - TimeSpan.FromDays(retention.EventCountDays));
        return
        [
            new() { FromRow = EventPrefix, ToRow = EventDay(events) },
            new() { FromRow = HourPrefix, ToRow = HourRow(counts) },
            new() { FromRow = DayPrefix, ToRow = DayRow(counts) },
            new() { FromRow = PagePrefix, ToRow = PageRow(counts) },
            // A generation takes ids for as long as one is remembered, and the one after it is remembered with it.
            new() { FromRow = IdPrefix, ToRow = IdGeneration(now - (3 * SeenIds.RememberFor)) },
        ];
    }

    public async Task<JournalHead> ReadHeadAsync() =>
        await store.GetAsync(Table, new(Tenant, Head), CancellationToken.None) is { } row ? JournalHead.From(row) : JournalHead.None;

    /// <returns>Null where there is no such row.</returns>
    public async Task<byte[]?> ReadAsync(string row) =>
        await store.GetAsync(Table, new(Tenant, row), CancellationToken.None) is { } found ? BytesOf(found) : null;

    /// <summary>The rows from one, inclusive, to another, exclusive, in order.</summary>
    public IAsyncEnumerable<(string Row, byte[] Bytes)> ReadAsync(string from, string to, CancellationToken cancellationToken) => store
        .QueryAsync(Table, new() { Partition = Tenant, FromRow = from, ToRow = to }, cancellationToken)
        .Select(row => (row.Key.Row, BytesOf(row)));

    public TablePut Put(string row, byte[] bytes) =>
        new(new(Tenant, row), new Dictionary<string, object>(1) { ["bytes"] = bytes }, PutCondition.None);

    /// <summary>A put that fails where others have appended since the head was read.</summary>
    public TablePut Put(JournalHead head) => new(
        new(Tenant, Head), head.Columns(), head.ETag is { } eTag ? PutCondition.IfMatch(eTag) : PutCondition.IfAbsent);

    /// <returns>Null where others have appended since.</returns>
    public Task<IReadOnlyList<string>?> WriteAsync(IReadOnlyList<TablePut> puts) =>
        store.BatchAsync(Table, puts, CancellationToken.None);

    private static byte[] BytesOf(TableRow row) => (byte[])row.Values["bytes"];
}
