namespace FunctionsApi.Benchmarks.ColdStart;

/// <summary>Prints cold starts for docs/benchmarks.md.</summary>
internal static class ColdStartTable
{
    private const double MillisecondsPerBlock = 5;

    /// <param name="runs">Starts of each.</param>
    /// <param name="cases">The first two are what the others are compared with, by request.</param>
    public static void Print(int runs, IReadOnlyList<ColdStartCase> cases)
    {
        Console.WriteLine($"From starting the process to the first 200, milliseconds, {runs} starts each, in turn");
        Console.WriteLine();
        Console.WriteLine("| published | request | median | fastest | slowest | of untuned |");
        Console.WriteLine("|---|---|---:|---:|---:|---:|");
        foreach (var it in cases)
            Console.WriteLine(
                $"| {it.Published} | {it.Request} | **{it.Median:0}** | {it.Starts.Min(start => start.Milliseconds):0} "
                + $"| {it.Starts.Max(start => start.Milliseconds):0} | {it.Median / Untuned(cases, it).Median:0.00} |");
        foreach (var it in cases.Where(it => it.Request.StartsWith("POST", StringComparison.Ordinal)))
            PrintParts(it);
    }

    private static ColdStartCase Untuned(IReadOnlyList<ColdStartCase> cases, ColdStartCase it) => cases.First(other => other.Request == it.Request);

    private static void PrintParts(ColdStartCase it)
    {
        Console.WriteLine();
        Console.WriteLine($"{it.Published}, {it.Request}: what the time goes into");
        Console.WriteLine();
        Console.WriteLine("| part | median ms | |");
        Console.WriteLine("|---|---:|---|");
        for (var i = 0; i < it.Starts[0].Parts.Count; i++)
        {
            var median = Statistics.Median(it.Starts.Select(start => start.Parts[i].Milliseconds));
            Console.WriteLine($"| {it.Starts[0].Parts[i].Part} | {median:0} | {new string('█', (int)Math.Round(median / MillisecondsPerBlock))} |");
        }
    }
}
