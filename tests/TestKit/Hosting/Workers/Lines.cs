using System.Collections.Immutable;

namespace FunctionsApi.TestKit.Hosting.Workers;

/// <summary>What the worker has printed and logged, and those who wait for a line of it.</summary>
public sealed class Lines
{
    private readonly Lock _lock = new();
    private ImmutableList<string> _lines = [];
    private TaskCompletionSource _next = NewNext();

    /// <summary>All lines so far.</summary>
    public IReadOnlyList<string> All
    {
        get
        {
            lock (_lock)
                return _lines;
        }
    }

    /// <summary>Waits for a line, those that were there before included.</summary>
    /// <param name="text">What is in it.</param>
    /// <param name="cancellationToken">The only end of the waiting where no such line comes.</param>
    public async Task<string> FindAsync(string text, CancellationToken cancellationToken)
    {
        for (var seen = 0; ;)
        {
            var (lines, next) = Look();
            if (lines.Skip(seen).FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal)) is { } found)
                return found;
            seen = lines.Count;
            await next.WaitAsync(cancellationToken);
        }
    }

    public override string ToString() => string.Join(Environment.NewLine, All);

    internal void Add(string? line)
    {
        if (line is null)
            return;
        TaskCompletionSource next;
        lock (_lock)
        {
            _lines = _lines.Add(line);
            (next, _next) = (_next, NewNext());
        }

        next.SetResult();
    }

    private (ImmutableList<string> Lines, Task Next) Look()
    {
        lock (_lock)
            return (_lines, _next.Task);
    }

    private static TaskCompletionSource NewNext() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
