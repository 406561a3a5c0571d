namespace FunctionsApi.EndToEnd.Tests.Running;

/// <summary>The lines that a process has written to one of its streams.</summary>
internal sealed class Output
{
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly List<(string Beginning, TaskCompletionSource<string> Found)> _awaited = [];

    public string Text
    {
        get
        {
            lock (_lock)
                return string.Join('\n', _lines);
        }
    }

    /// <param name="line">Null where the stream has ended.</param>
    public void Add(string? line)
    {
        if (line is null)
            return;
        lock (_lock)
        {
            _lines.Add(line);
            foreach (var (beginning, found) in _awaited)
                if (line.StartsWith(beginning, StringComparison.Ordinal))
                    found.TrySetResult(line);
        }
    }

    /// <returns>The first line that begins so, when it has come.</returns>
    public Task<string> LineAsync(string beginning)
    {
        lock (_lock)
        {
            if (_lines.Find(line => line.StartsWith(beginning, StringComparison.Ordinal)) is { } line)
                return Task.FromResult(line);
            var found = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited.Add((beginning, found));
            return found.Task;
        }
    }
}
