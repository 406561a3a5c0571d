using System.Globalization;
using System.Runtime.CompilerServices;
using FunctionsApi.Storage;
using FunctionsApi.Usage;

namespace FunctionsApi.Agents.Analytics.Journal;

/// <summary>Reads what was counted.</summary>
internal sealed class JournalCounts(ITableStore store, TenantTurns turns)
{
    /// <summary>The hours or days of a period in which there were events, in order.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="prefix">One of <see cref="JournalRows"/>: hours are read by hour, days and pages by day.</param>
    /// <param name="period">Of whole hours, or days.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async IAsyncEnumerable<(DateTimeOffset Start, EventCounts Counts)> ReadAsync(
        string tenant, string prefix, ReportPeriod period, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var rows = new JournalRows(store, tenant);
        using var turn = await turns.TakeAsync(tenant, cancellationToken);
        await foreach (var (row, bytes) in rows.ReadAsync(RowAt(prefix, period.From), RowAt(prefix, period.To), cancellationToken))
            yield return (StartOf(row[prefix.Length..]), EventCounts.Decode(bytes));
    }

    private static string RowAt(string prefix, DateTimeOffset time) => prefix switch
    {
        JournalRows.HourPrefix => JournalRows.HourRow(time),
        JournalRows.DayPrefix => JournalRows.DayRow(time),
        _ => JournalRows.PageRow(time),
    };

    private static DateTimeOffset StartOf(string text) => DateTimeOffset.ParseExact(
        text, ["yyyy-MM-dd'T'HH", "yyyy-MM-dd"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
