using System.Globalization;
using System.Text;

namespace FunctionsApi.Simulator;

/// <summary>
/// Draws sweeps as small multiples: a column for each axis that was swept, a row for each figure, all on the same paper. Plain
/// SVG that follows the reader's light or dark theme.
/// </summary>
internal static class SweepChart
{
    private const int Width = 400;
    private const int Height = 160;
    private const int Left = 62;
    private const int Right = 24;
    private const int Top = 34;
    private const int Bottom = 44;

    private static readonly Figure[] Figures =
    [
        new("Storage operations per 1,000 admissions", "{0:#,0.###}", report => report.OperationsPerThousandAdmissions),
        new("Requests that waited for the ledger", "{0:0.###} %", report => 100 * report.WaitedShare),
        new("Wait of those, 99th percentile", "{0:#,0.###} ms", report => report.WaitP99.TotalMilliseconds),
        new("Unusable quota, of limits that refused", "{0:0.###} %", report => 100 * report.UnusableShare),
    ];

    public static string Draw(IReadOnlyList<SweptAxis> axes, double price)
    {
        Figure[] figures = [.. Figures, new("Dollars per million requests", "${0:0.###}", report => report.DollarsPerMillionRequests(price))];
        var svg = new StringBuilder();
        Line(svg, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width * axes.Count} {Height * figures.Length}" font-family="system-ui, sans-serif" font-size="11" role="img">""");
        Line(svg, "<title>What a fleet costs and makes requests wait, by instances and by keys</title>");
        Line(svg, """
            <style>
              text { fill: #57606a } .title { fill: #1f2328; font-weight: 600 } .grid { stroke: #d0d7de } .line { fill: none; stroke: #0969da; stroke-width: 2 } .dot { fill: #0969da } .paper { fill: #ffffff }
              @media (prefers-color-scheme: dark) { text { fill: #9198a1 } .title { fill: #f0f6fc } .grid { stroke: #3d444d } .line { stroke: #4493f8 } .dot { fill: #4493f8 } .paper { fill: #0d1117 } }
            </style>
            """);
        Line(svg, """<rect class="paper" width="100%" height="100%"/>""");
        foreach (var (column, axis) in axes.Index())
            foreach (var (row, figure) in figures.Index())
            {
                // Rows share their scale, so that columns can be compared.
                var most = Nice(axes.SelectMany(swept => swept.Reports).Max(figure.Of));
                Panel(svg, axis, figure, most, Width * column, Height * row);
            }
        Line(svg, "</svg>");
        return svg.ToString();
    }

    private static void Panel(StringBuilder svg, SweptAxis axis, Figure figure, double most, int x, int y)
    {
        Line(svg, $"""<g transform="translate({x} {y})">""");
        Line(svg, $"""<text class="title" x="{Left}" y="20">{figure.Name}</text>""");
        for (var step = 0; step <= 2; step++)
        {
            var value = most * step / 2;
            Line(svg, $"""<line class="grid" x1="{Left}" x2="{Width - Right}" y1="{Y(value):0.#}" y2="{Y(value):0.#}"/>""");
            Line(svg, $"""<text x="{Left - 6}" y="{Y(value) + 4:0.#}" text-anchor="end">{figure.Text(value)}</text>""");
        }
        foreach (var report in axis.Reports.Where(report => IsLabelled(axis, report)))
            Line(svg, $"""<text x="{X(report):0.#}" y="{Height - Bottom + 16}" text-anchor="middle">{Short(axis.ValueOf(report))}</text>""");
        Line(svg, $"""<text x="{Width - Right}" y="{Height - 4}" text-anchor="end">{axis.Name} (logarithmic)</text>""");
        Line(svg, $"""<polyline class="line" points="{string.Join(' ', axis.Reports.Select(report => string.Create(CultureInfo.InvariantCulture, $"{X(report):0.#},{Y(figure.Of(report)):0.#}")))}"/>""");
        foreach (var report in axis.Reports)
            Line(svg, $"""<circle class="dot" cx="{X(report):0.#}" cy="{Y(figure.Of(report)):0.#}" r="3"><title>{axis.ValueOf(report):N0} {axis.Name}: {figure.Text(figure.Of(report))}</title></circle>""");
        Line(svg, "</g>");

        double Y(double value) => Height - Bottom - (Height - Top - Bottom) * value / most;

        // Logarithmic: what is ten times as many is as far to the right everywhere.
        double X(FleetReport report)
        {
            var (first, last) = (Math.Log(axis.ValueOf(axis.Reports[0])), Math.Log(axis.ValueOf(axis.Reports[^1])));
            return Left + 10 + (Width - Left - Right - 20) * (last > first ? (Math.Log(axis.ValueOf(report)) - first) / (last - first) : 0.5);
        }
    }

    private static bool IsLabelled(SweptAxis axis, FleetReport report) =>
        report == axis.Reports[^1] || Math.Log10(axis.ValueOf(report)) % 1 == 0;

    private static string Short(double value) => value switch
    {
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{value / 1_000_000:0.#}M"),
        >= 1_000 => string.Create(CultureInfo.InvariantCulture, $"{value / 1_000:0.#}k"),
        _ => value.ToString("0", CultureInfo.InvariantCulture),
    };

    // 1, 2 or 5 times a power of ten, and not less.
    private static double Nice(double most)
    {
        if (most <= 0)
            return 1;
        var decade = Math.Pow(10, Math.Floor(Math.Log10(most)));
        foreach (var digit in (double[])[1, 2, 5])
            if (digit * decade >= most)
                return digit * decade;
        return 10 * decade;
    }

    private static void Line(StringBuilder svg, FormattableString line) => svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static void Line(StringBuilder svg, string line) => svg.Append(line).Append('\n');

    private sealed record Figure(string Name, string Format, Func<FleetReport, double> Of)
    {
        public string Text(double value) => string.Format(CultureInfo.InvariantCulture, Format, value);
    }
}
