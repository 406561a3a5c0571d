namespace FunctionsApi.Simulation;

/// <summary>The same fleet again and again, with fewer instances or fewer keys.</summary>
/// <param name="most">The largest.</param>
/// <param name="axes"><c>instances</c>, <c>keys</c> or both.</param>
internal sealed class FleetSweep(FleetSettings most, IReadOnlyList<string> axes)
{
    public IReadOnlyList<SweptAxis> Run(Action<double> onProgress, CancellationToken cancellationToken)
    {
        var plan = axes.Select(axis => (axis, All: axis == "instances" ? Instances() : Keys())).ToList();
        var (done, all) = (0.0, plan.Sum(axis => axis.All.Count));
        return
        [
            .. plan.Select(axis => new SweptAxis(axis.axis, [.. axis.All.Select(settings =>
            {
                var report = Fleet.Run(settings, share => onProgress((done + share) / all), cancellationToken);
                done++;
                return report;
            })])),
        ];
    }

    private List<FleetSettings> Instances() => [.. Steps(most.Instances, 1, [1, 2, 5]).Select(count => most with { Instances = count })];

    private List<FleetSettings> Keys() => [.. Steps(most.Keys, 100, [1]).Select(count => most with { Keys = count })];

    private static IEnumerable<int> Steps(int last, int first, int[] digits)
    {
        for (var decade = (long)first; decade < last; decade *= 10)
            foreach (var digit in digits)
                if (digit * decade < last)
                    yield return (int)(digit * decade);
        yield return last;
    }
}

/// <param name="Name"><c>instances</c> or <c>keys</c>.</param>
/// <param name="Reports">From the fewest to the most.</param>
internal sealed record SweptAxis(string Name, IReadOnlyList<FleetReport> Reports)
{
    public double ValueOf(FleetReport report) => Name == "instances" ? report.Settings.Instances : report.Settings.Keys;
}
