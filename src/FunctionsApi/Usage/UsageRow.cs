namespace FunctionsApi.Usage;

/// <summary>What one instance has counted of one series in one UTC hour.</summary>
internal sealed record UsageRow(UsageSeries Series, DateTimeOffset Hour, string InstanceId, UsageTotals Totals);
