namespace FunctionsApi.Benchmarks.ColdStart;

/// <summary>Prints cold starts for docs/benchmarks.md.</summary>
internal static class ColdStartTable
{
    private const double MillisecondsPerBlock = 5;

    /// <param name="runs">Starts of each.</param>
    /// <param name="cases">In the table's order.</param>
    public static void Print(int runs, IReadOnlyList<ColdStartCase> cases)
    {
        Console.WriteLine($"From starting the process to the first 200, milliseconds, {runs} starts each, in turn");
        Console.WriteLine();
        Console.WriteLine("| program | request | median | fastest | slowest | compared |");
        Console.WriteLine("|---|---|---:|---:|---:|---|");
        foreach (var it in cases)
            Console.WriteLine(
                $"| {it.Name} | {it.Request.Name} | **{it.Median:0}** | {it.Starts.Min(start => start.Milliseconds):0} "
                + $"| {it.Starts.Max(start => start.Milliseconds):0} {Compared(it)}");
        foreach (var it in cases.Where(it => it.Request.Name.StartsWith("POST", StringComparison.Ordinal)))
            PrintParts(it);
    }

    private static string Compared(ColdStartCase it) =>
        it.Rival is { } rival ? $"| {it.Median / rival.Median:0.00} of {rival.Name} |" : "| |";

    private static void PrintParts(ColdStartCase it)
    {
        Console.WriteLine();
        Console.WriteLine($"{it.Name}, {it.Request.Name}: what the time goes into");
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
