using System.Text.Json;
using FunctionsApi.Storage;

namespace FunctionsApi.Operations;

/// <summary>Table <c>Instances</c>: what each instance said last, in a row of its own.</summary>
internal sealed class InstanceTable(ITableStore store)
{
    public const string Name = "Instances";

    /// <summary>The row of an instance that has said nothing for so long is swept: it counts in no hour any more.</summary>
    private static readonly TimeSpan Retention = TimeSpan.FromHours(2);

    private const string Partition = "instances";

    public static bool IsExpired(TableRow row, DateTimeOffset now) => row.Values.GetValueOrDefault("at") is not DateTimeOffset at || at + Retention <= now;

    public async Task WriteAsync(InstanceReport report, CancellationToken cancellationToken) => await store.PutAsync(
        Name,
        new(
            new(Partition, report.Id),
            new Dictionary<string, object> { ["at"] = report.At, ["report"] = JsonSerializer.Serialize(report, OperationsJson.Default.InstanceReport) },
            PutCondition.None),
        cancellationToken);

    /// <summary>In no order. One that another version of the program wrote, and that makes no sense here, is left out.</summary>
    public async Task<IReadOnlyList<InstanceReport>> ListAsync(CancellationToken cancellationToken)
    {
        List<InstanceReport> reports = [];
        await foreach (var row in store.QueryAsync(Name, new() { Partition = Partition }, cancellationToken))
            if (TryRead(row) is { } report)
                reports.Add(report);
        return reports;
    }

    private static InstanceReport? TryRead(TableRow row)
    {
        try
        {
            return row.Values.GetValueOrDefault("report") is string json ? JsonSerializer.Deserialize(json, OperationsJson.Default.InstanceReport) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
