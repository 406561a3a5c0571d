using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.Json;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;

namespace FunctionsApi.Usage;

/// <summary>
/// Table <c>Usage</c>: partition = tenant, row = <c>{hour}|{api}|{endpoint}|{key}|{instance}</c>, so that a range of hours
/// is a range of rows.
/// </summary>
internal sealed class UsageTable(ITableStore store)
{
    public const string Name = "Usage";

    /// <summary>How many rows are written at once, at most.</summary>
    public const int MaxBatch = 100;

    /// <summary>The rows of all tenants whose hours lie before a time.</summary>
    public static TableQuery Before(DateTimeOffset time) => new() { ToRow = HourText(time) };

    /// <summary>Writes rows of one tenant, each over the version of it that is known; none where one of them has another.</summary>
    /// <param name="rows">Up to <see cref="MaxBatch"/> rows with their ETags; null where a row was never written.</param>
    /// <param name="cancellationToken">Gives up waiting; they may still be written.</param>
    /// <returns>The new ETags in order; null where nothing was written.</returns>
    public Task<IReadOnlyList<string>?> TryWriteAsync(IEnumerable<(UsageRow Row, string? ETag)> rows, CancellationToken cancellationToken) =>
        store.BatchAsync(
            Name,
            [.. rows.Select(row => new TablePut(
                KeyOf(row.Row), ValuesOf(row.Row), row.ETag is null ? PutCondition.IfAbsent : PutCondition.IfMatch(row.ETag)))],
            cancellationToken);

    /// <summary>The version of a row; null where there is none.</summary>
    public async Task<string?> ETagAsync(UsageRow row, CancellationToken cancellationToken) =>
        (await store.GetAsync(Name, KeyOf(row), cancellationToken))?.ETag;

    /// <summary>The rows of one tenant from the hour <paramref name="from"/> up to, and without, <paramref name="to"/>.</summary>
    public async IAsyncEnumerable<UsageRow> ReadAsync(
        string tenant, DateTimeOffset from, DateTimeOffset to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var query = new TableQuery { Partition = tenant, FromRow = HourText(from), ToRow = HourText(to) };
        await foreach (var row in store.QueryAsync(Name, query, cancellationToken))
            yield return FromRow(row);
    }

    private static string HourText(DateTimeOffset hour) => hour.ToString("yyyy-MM-dd'T'HH");

    private static TableKey KeyOf(UsageRow row) => new(
        row.Series.Tenant, $"{HourText(row.Hour)}|{row.Series.Api.Name()}|{row.Series.Endpoint}|{row.Series.Key}|{row.InstanceId}");

    private static Dictionary<string, object> ValuesOf(UsageRow row)
    {
        var (series, totals) = (row.Series, row.Totals);
        var values = new Dictionary<string, object>
        {
            ["hour"] = row.Hour,
            ["api"] = series.Api.Name(),
            ["endpoint"] = series.Endpoint,
            ["key"] = series.Key,
            ["instance"] = row.InstanceId,
            ["admitted"] = totals.Admitted,
            ["unavailable"] = totals.Unavailable,
            ["clientErrors"] = totals.ClientErrors,
            ["serverErrors"] = totals.ServerErrors,
            ["permits"] = totals.Permits,
            ["credits"] = totals.Credits,
        };
        Put(values, "refusedBy", totals.RefusedBy);
        Put(values, "shadowRefused", totals.ShadowRefused);
        return values;
    }

    private static UsageRow FromRow(TableRow row) => new(
        new(row.Key.Partition, Text(row, "key"), Apis.Find(Text(row, "api"))!.Value, Text(row, "endpoint")),
        (DateTimeOffset)row.Values["hour"],
        Text(row, "instance"),
        new()
        {
            Admitted = Count(row, "admitted"),
            Unavailable = Count(row, "unavailable"),
            ClientErrors = Count(row, "clientErrors"),
            ServerErrors = Count(row, "serverErrors"),
            Permits = Count(row, "permits"),
            Credits = Count(row, "credits"),
            RefusedBy = CountsBy(row, "refusedBy"),
            ShadowRefused = CountsBy(row, "shadowRefused"),
        });

    private static string Text(TableRow row, string column) => (string)row.Values[column];

    private static long Count(TableRow row, string column) => (long)row.Values[column];

    // Counts by policy are JSON, {"requests-per-hour":3}, and absent where there are none.
    private static void Put(Dictionary<string, object> values, string column, ImmutableSortedDictionary<string, long> counts)
    {
        if (!counts.IsEmpty)
            values[column] = JsonSerializer.Serialize(counts, UsageJson.Default.ImmutableSortedDictionaryStringInt64);
    }

    private static ImmutableSortedDictionary<string, long> CountsBy(TableRow row, string column) =>
        row.Values.GetValueOrDefault(column) is string json
            ? JsonSerializer.Deserialize(json, UsageJson.Default.ImmutableSortedDictionaryStringInt64) ?? UsageTotals.NoPolicies
            : UsageTotals.NoPolicies;
}
