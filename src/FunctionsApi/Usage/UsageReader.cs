using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Usage;

/// <summary>Adds the rows of all instances up to a report.</summary>
internal sealed class UsageReader(UsageTable table, UsageRecorder recorder)
{
    /// <param name="tenant">Whose usage.</param>
    /// <param name="key">One API key's id; null reads all of the tenant's.</param>
    /// <param name="period">What to report on.</param>
    /// <param name="cancellationToken">Gives up reading.</param>
    public async Task<UsageReport> ReadAsync(string tenant, string? key, ReportPeriod period, CancellationToken cancellationToken)
    {
        var rows = (await ReadRowsAsync(tenant, period, cancellationToken)).Where(row => key is null || row.Series.Key == key).ToList();
        return new(
            tenant, key, period.By, period.From, period.To,
            Lines(rows, row => period.Floor(row.Hour)),
            Lines(rows, _ => null));
    }

    private async Task<IEnumerable<UsageRow>> ReadRowsAsync(string tenant, ReportPeriod period, CancellationToken cancellationToken)
    {
        // Memory first: what it has forgotten by now is in the store. The other way round, an hour that is written and
        // forgotten between the two would be missed.
        var remembered = recorder.Remembered(tenant, period.From, period.To);
        Dictionary<(UsageSeries, DateTimeOffset, string), UsageRow> rows = [];
        await foreach (var row in table.ReadAsync(tenant, period.From, period.To, cancellationToken))
            rows[(row.Series, row.Hour, row.InstanceId)] = row;
        foreach (var row in remembered)
            rows[(row.Series, row.Hour, row.InstanceId)] = row;
        return rows.Values;
    }

    private static List<UsageLine> Lines(IEnumerable<UsageRow> rows, Func<UsageRow, DateTimeOffset?> timeOf) =>
        [.. rows
            .GroupBy(row => (Time: timeOf(row), Api: row.Series.Api.Name(), row.Series.Endpoint))
            .OrderBy(group => group.Key.Time)
            .ThenBy(group => group.Key.Api, StringComparer.Ordinal)
            .ThenBy(group => group.Key.Endpoint, StringComparer.Ordinal)
            .Select(group => Line(group.Key, group.Aggregate(UsageTotals.Zero, (sum, row) => sum + row.Totals)))];

    private static UsageLine Line((DateTimeOffset? Time, string Api, string Endpoint) of, UsageTotals totals) => new(
        of.Time, of.Api, of.Endpoint,
        totals.Admitted, totals.Refused, totals.Unavailable, totals.ClientErrors, totals.ServerErrors,
        totals.Permits, totals.Credits, totals.ShadowRefused);
}
