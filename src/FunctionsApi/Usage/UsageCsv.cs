// RFC 4180, UTF-8. A column for each member of a line of the report's usage, under the member's name; of those that count by policy a
// column for each policy that is in the report, as refusedBy.requests-per-hour.

using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;

namespace FunctionsApi.Usage;

/// <summary>Writes a report as a table for spreadsheets.</summary>
internal static class UsageCsv
{
    public const string ContentType = "text/csv";

    // A spreadsheet would calculate what begins like a formula.
    private static readonly CsvConfiguration Configuration = new(CultureInfo.InvariantCulture)
    {
        InjectionOptions = InjectionOptions.Escape,
        NewLine = "\r\n",
    };

    /// <returns>A heading, and the lines of <see cref="UsageReport.Usage"/> in their order.</returns>
    public static byte[] Write(UsageReport report)
    {
        using var bytes = new MemoryStream();
        using (var csv = new CsvWriter(new StreamWriter(bytes), Configuration))
        {
            string[] refusing = PoliciesIn(report, line => line.RefusedBy), shadowing = PoliciesIn(report, line => line.ShadowRefused);
            WriteRow(csv, [
                "time", "api", "endpoint", "admitted", "refused", "unavailable", "clientErrors", "serverErrors", "permits", "credits",
                .. refusing.Select(policy => $"refusedBy.{policy}"), .. shadowing.Select(policy => $"shadowRefused.{policy}"),
            ]);
            foreach (var line in report.Usage)
                WriteRow(csv, [
                    $"{line.Time:yyyy-MM-dd'T'HH:mm:ss'Z'}", line.Api, line.Endpoint, .. Counts(line), .. CountsBy(line.RefusedBy, refusing), .. CountsBy(line.ShadowRefused, shadowing),
                ]);
        }

        return bytes.ToArray();
    }

    private static string[] PoliciesIn(UsageReport report, Func<UsageLine, IReadOnlyDictionary<string, long>> counts) =>
        [.. report.Usage.SelectMany(line => counts(line).Keys).Distinct().Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Counts(UsageLine line) =>
        new[] { line.Admitted, line.Refused, line.Unavailable, line.ClientErrors, line.ServerErrors, line.Permits, line.Credits }.Select(Text);

    private static IEnumerable<string> CountsBy(IReadOnlyDictionary<string, long> counts, string[] policies) =>
        policies.Select(policy => Text(counts.GetValueOrDefault(policy)));

    private static string Text(long count) => count.ToString(CultureInfo.InvariantCulture);

    private static void WriteRow(CsvWriter csv, IEnumerable<string> fields)
    {
        foreach (var field in fields)
            csv.WriteField(field);
        csv.NextRecord();
    }
}
