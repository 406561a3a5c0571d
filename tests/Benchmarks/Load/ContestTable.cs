namespace FunctionsApi.Benchmarks.Load;

/// <summary>Prints a contest's outcome as Markdown, every server compared with one of them.</summary>
internal static class ContestTable
{
    /// <param name="contestants">In the table's order.</param>
    /// <param name="turns">Theirs.</param>
    /// <param name="product">Whose requests/s are divided by those of the others.</param>
    public static void Print(IReadOnlyList<Contestant> contestants, IReadOnlyList<Turn[]> turns, Contestant product)
    {
        var ours = turns[contestants.Index().First(pair => pair.Item == product).Index];
        Console.WriteLine($"| server | requests/s | p99 ms | processor µs/request | bytes/response | {product.Name} / this, by round | median |");
        Console.WriteLine("|---|---:|---:|---:|---:|---|---:|");
        foreach (var (contestant, theirs) in contestants.Zip(turns))
        {
            double[] ratios = [.. ours.Zip(theirs, (our, their) => our.Load.PerSecond / their.Load.PerSecond)];
            var ratio = contestant == product ? "| |" : $"| {string.Join(' ', ratios.Select(value => $"{value:0.00}"))} | **{Statistics.Median(ratios):0.00}** |";
            Console.WriteLine(
                $"| {contestant.Name} | {Statistics.Median(theirs.Select(turn => turn.Load.PerSecond)):N0} "
                + $"| {Statistics.Median(theirs.Select(turn => turn.Load.P99Microseconds / 1e3)):0.0} "
                + $"| {Statistics.Median(theirs.Select(turn => turn.MicrosecondsPerRequest)):0.0} "
                + $"| {Statistics.Median(theirs.Select(turn => turn.Load.BytesPerResponse)):0} {ratio}");
        }
    }
}
