namespace FunctionsApi.Usage;

/// <summary>Reads the rows of all instances.</summary>
internal sealed class UsageReader(UsageTable table, UsageRecorder recorder)
{
    /// <param name="tenant">Whose usage.</param>
    /// <param name="key">One API key's id, or <see cref="UsageSeries.Dashboard"/>; null reads all of the tenant's.</param>
    /// <param name="period">What to report on.</param>
    /// <param name="cancellationToken">Gives up reading.</param>
    /// <returns>In no order; of each series and hour a row for each instance that counted in it.</returns>
    public async Task<IReadOnlyList<UsageRow>> ReadAsync(string tenant, string? key, ReportPeriod period, CancellationToken cancellationToken)
    {
        // Memory first: what it has forgotten by now is in the store. The other way round, an hour that is written and
        // forgotten between the two would be missed.
        var remembered = recorder.Remembered(tenant, period.From, period.To);
        Dictionary<(UsageSeries, DateTimeOffset, string), UsageRow> rows = [];
        await foreach (var row in table.ReadAsync(tenant, period.From, period.To, cancellationToken))
            rows[(row.Series, row.Hour, row.InstanceId)] = row;
        foreach (var row in remembered)
            rows[(row.Series, row.Hour, row.InstanceId)] = row;
        return [.. rows.Values.Where(row => key is null || row.Series.Key == key)];
    }
}
