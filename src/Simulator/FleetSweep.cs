namespace FunctionsApi.Simulator;

/// <summary>The same fleet again and again, with fewer instances or fewer keys.</summary>
/// <param name="most">The largest.</param>
/// <param name="axes"><c>instances</c>, <c>keys</c> or both.</param>
internal sealed class FleetSweep(FleetSettings most, IReadOnlyList<string> axes)
{
    /// <summary>On as many processors as there are: each fleet is one thread's.</summary>
    public IReadOnlyList<SweptAxis> Run(Action<double> onProgress, CancellationToken cancellationToken)
    {
        var plan = axes.SelectMany(axis => (axis == "instances" ? Instances() : Keys()).Select(settings => (Axis: axis, Settings: settings))).ToList();
        var shares = new double[plan.Count];
        var reports = new FleetReport[plan.Count];
        // The last are the largest: who begins with them does not end with one processor at work.
        Parallel.ForEach(
            Enumerable.Range(0, plan.Count).Reverse(),
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken },
            place => reports[place] = Fleet.Run(plan[place].Settings, share => Tell(place, share), cancellationToken));
        return [.. axes.Select(axis => new SweptAxis(axis, [.. reports.Where((_, place) => plan[place].Axis == axis)]))];

        void Tell(int place, double share)
        {
            shares[place] = share;
            onProgress(shares.Average());
        }
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
