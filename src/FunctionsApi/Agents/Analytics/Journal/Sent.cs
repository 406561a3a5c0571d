namespace FunctionsApi.Agents.Analytics.Journal;

/// <summary>One request's events on their way into the journal.</summary>
internal sealed class Sent(IReadOnlyList<AnalyticsEvent> events)
{
    private readonly TaskCompletionSource<int> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _taken, _duplicates;

    /// <summary>How many of them were known, once all are stored.</summary>
    public Task<int> Duplicates => _answer.Task;

    /// <summary>Those that are not stored yet.</summary>
    public IEnumerable<AnalyticsEvent> Left => events.Skip(_taken);

    public int LeftCount => events.Count - _taken;

    public bool IsDone => _taken == events.Count;

    /// <summary>The next so many are stored.</summary>
    public void Take(int taken, int duplicates) => (_taken, _duplicates) = (_taken + taken, _duplicates + duplicates);

    public void Answer() => _answer.SetResult(_duplicates);

    public void Fail(Exception exception) => _answer.SetException(exception);
}
