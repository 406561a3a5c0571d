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

    private const int MaxBatch = 100;

    /// <summary>The rows of all tenants whose hours lie before a time.</summary>
    public static TableQuery Before(DateTimeOffset time) => new() { ToRow = HourText(time) };

    /// <summary>Writes rows of one tenant, whatever was there before.</summary>
    public async Task WriteAsync(IEnumerable<UsageRow> rows, CancellationToken cancellationToken)
    {
        foreach (var batch in rows.Chunk(MaxBatch))
            await store.BatchAsync(Name, [.. batch.Select(ToPut)], cancellationToken);
    }

    /// <summary>The rows of one tenant from the hour <paramref name="from"/> up to, and without, <paramref name="to"/>.</summary>
    public async IAsyncEnumerable<UsageRow> ReadAsync(
        string tenant, DateTimeOffset from, DateTimeOffset to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var query = new TableQuery { Partition = tenant, FromRow = HourText(from), ToRow = HourText(to) };
        await foreach (var row in store.QueryAsync(Name, query, cancellationToken))
            yield return FromRow(row);
    }

    private static string HourText(DateTimeOffset hour) => hour.ToString("yyyy-MM-dd'T'HH");

    private static TablePut ToPut(UsageRow row)
    {
        var (series, totals) = (row.Series, row.Totals);
        return new(
            new(series.Tenant, $"{HourText(row.Hour)}|{series.Api.Name()}|{series.Endpoint}|{series.Key}|{row.InstanceId}"),
            new Dictionary<string, object>
            {
                ["hour"] = row.Hour,
                ["api"] = series.Api.Name(),
                ["endpoint"] = series.Endpoint,
                ["key"] = series.Key,
                ["instance"] = row.InstanceId,
                ["admitted"] = totals.Admitted,
                ["refused"] = totals.Refused,
                ["unavailable"] = totals.Unavailable,
                ["clientErrors"] = totals.ClientErrors,
                ["serverErrors"] = totals.ServerErrors,
                ["permits"] = totals.Permits,
                ["credits"] = totals.Credits,
                ["shadowRefused"] = JsonSerializer.Serialize(totals.ShadowRefused, UsageJson.Default.ImmutableSortedDictionaryStringInt64),
            },
            PutCondition.None);
    }

    private static UsageRow FromRow(TableRow row) => new(
        new(row.Key.Partition, Text(row, "key"), Apis.Find(Text(row, "api"))!.Value, Text(row, "endpoint")),
        (DateTimeOffset)row.Values["hour"],
        Text(row, "instance"),
        new()
        {
            Admitted = Count(row, "admitted"),
            Refused = Count(row, "refused"),
            Unavailable = Count(row, "unavailable"),
            ClientErrors = Count(row, "clientErrors"),
            ServerErrors = Count(row, "serverErrors"),
            Permits = Count(row, "permits"),
            Credits = Count(row, "credits"),
            ShadowRefused = JsonSerializer.Deserialize(Text(row, "shadowRefused"), UsageJson.Default.ImmutableSortedDictionaryStringInt64)
                ?? UsageTotals.Zero.ShadowRefused,
        });

    private static string Text(TableRow row, string column) => (string)row.Values[column];

    private static long Count(TableRow row, string column) => (long)row.Values[column];
}
