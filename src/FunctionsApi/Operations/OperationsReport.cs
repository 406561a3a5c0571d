namespace FunctionsApi.Operations;

/// <summary>How all instances on one store are, and who uses them.</summary>
/// <param name="At">When that was put together.</param>
/// <param name="Hour">The hour that consumers and shadow policies are counted in.</param>
/// <param name="Instances">Those that run first, by name.</param>
/// <param name="Consumers">The largest first.</param>
/// <param name="Shadows">Those that would have refused the most first.</param>
internal sealed record OperationsReport(
    DateTimeOffset At, DateTimeOffset Hour, IReadOnlyList<InstanceState> Instances, IReadOnlyList<Consumer> Consumers, IReadOnlyList<ShadowVerdict> Shadows)
{
    /// <summary>How many consumers and shadow policies there are at most.</summary>
    public const int Most = 20;

    private static readonly TimeSpan SilentAfter = 3 * InstanceReporter.Interval;

    /// <param name="reports">What instances said last.</param>
    /// <param name="now">The present.</param>
    public static OperationsReport Of(IReadOnlyList<InstanceReport> reports, DateTimeOffset now)
    {
        var hour = new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);
        var counted = reports.Where(report => report.Hour == hour).ToList();
        return new(
            now,
            hour,
            [.. reports.Select(report => new InstanceState(StateOf(report, now), report with { Consumers = [], Shadows = [] }))
                .OrderBy(one => one.State != "running").ThenBy(one => one.Instance.Name, StringComparer.Ordinal).ThenBy(one => one.Instance.Since)],
            Sum(counted.SelectMany(report => report.Consumers)),
            Sum(counted.SelectMany(report => report.Shadows)));
    }

    internal static IReadOnlyList<Consumer> Sum(IEnumerable<Consumer> parts) =>
    [
        .. parts.GroupBy(part => (part.Tenant, part.Key, part.Api))
            .Select(group => new Consumer(
                group.Key.Tenant, group.Key.Key, group.Key.Api,
                group.Sum(part => part.Admitted), group.Sum(part => part.Refused), group.Sum(part => part.Unavailable), group.Sum(part => part.Credits)))
            .OrderByDescending(consumer => consumer.Requests).ThenBy(consumer => consumer.Tenant, StringComparer.Ordinal).ThenBy(consumer => consumer.Key, StringComparer.Ordinal)
            .Take(Most),
    ];

    internal static IReadOnlyList<ShadowVerdict> Sum(IEnumerable<ShadowVerdict> parts) =>
    [
        .. parts.GroupBy(part => (part.Tenant, part.Api, part.Policy))
            .Select(group => new ShadowVerdict(group.Key.Tenant, group.Key.Api, group.Key.Policy, group.Sum(part => part.WouldHaveRefused)))
            .OrderByDescending(verdict => verdict.WouldHaveRefused).ThenBy(verdict => verdict.Tenant, StringComparer.Ordinal).ThenBy(verdict => verdict.Policy, StringComparer.Ordinal)
            .Take(Most),
    ];

    private static string StateOf(InstanceReport report, DateTimeOffset now) =>
        report.Stopped ? "stopped" : report.At + SilentAfter < now ? "silent" : "running";
}

/// <param name="State"><c>running</c>; <c>stopped</c>, as it said itself; or <c>silent</c>: it has said nothing for 30 s, and was killed perhaps.</param>
/// <param name="Instance">What it said last; its consumers and shadow policies are in the sums.</param>
internal sealed record InstanceState(string State, InstanceReport Instance);
