using System.Collections.Immutable;
using System.Text;

namespace FunctionsApi.Quotas.Policies.PlanFiles;

/// <summary>Gathers the errors of one file, and knows the line and column of each of its bytes.</summary>
internal sealed class PlanErrors(byte[] file)
{
    private readonly List<(int Start, PlanError Error)> _errors = [];
    private int[]? _lineStarts;

    // Only a file with errors is asked for its lines.
    private int[] LineStarts => _lineStarts ??= [0, .. file.Index().Where(at => at.Item == '\n').Select(at => at.Index + 1)];

    public bool Any => _errors.Count > 0;

    public ImmutableArray<PlanError> InFileOrder() => [.. _errors.OrderBy(error => error.Start).Select(error => error.Error)];

    public void Add(JsonPart part, string problem, string remedy) => Add(part.Start, part.Path, problem, remedy);

    public void Add(int start, string path, string problem, string remedy)
    {
        var (line, column) = LineAndColumn(start);
        _errors.Add((start, new PlanError(line, column, path, problem, remedy)));
    }

    /// <summary>Reports that the whole file can't be used.</summary>
    /// <returns>Null: there is nothing to read.</returns>
    public JsonPart? AddForFile(int start, string problem, string remedy)
    {
        Add(start, "", problem, remedy);
        return null;
    }

    /// <summary>The line and column of a byte, as errors show it.</summary>
    public string Place(int start)
    {
        var (line, column) = LineAndColumn(start);
        return $"{line}:{column}";
    }

    /// <param name="line">From 0.</param>
    /// <param name="bytes">Bytes into the line.</param>
    public int Offset(int line, int bytes) => Math.Min(LineStarts[line] + bytes, file.Length);

    private (int Line, int Column) LineAndColumn(int start)
    {
        var found = Array.BinarySearch(LineStarts, start);
        var line = found >= 0 ? found : ~found - 1;
        var column = Encoding.UTF8.GetCharCount(file, LineStarts[line], start - LineStarts[line]);
        return (line + 1, column + 1);
    }
}
