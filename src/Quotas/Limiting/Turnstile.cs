namespace FunctionsApi.Quotas.Limiting;

/// <summary>Lets so many in at once, the first come first. Not safe for threads.</summary>
internal sealed class Turnstile
{
    private readonly Queue<TaskCompletionSource> _waiting = new();

    /// <summary>How many may be inside.</summary>
    public int Width { get; set; }

    public int Inside { get; private set; }

    public int Waiting => _waiting.Count;

    public bool TryEnter()
    {
        if (Inside >= Width || Waiting > 0)
            return false;
        Inside++;
        return true;
    }

    /// <summary>Completes when its turn has come.</summary>
    public Task EnterAsync()
    {
        if (TryEnter())
            return Task.CompletedTask;
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Enqueue(turn);
        return turn.Task;
    }

    /// <summary>Goes in, room or not.</summary>
    public void EnterAnyway() => Inside++;

    public void Leave() => Inside--;

    /// <summary>Lets in whom there is room for.</summary>
    public void Admit()
    {
        while (Inside < Width && Waiting > 0)
            AdmitOne();
    }

    /// <summary>Lets the next in, room or not; somebody must be waiting.</summary>
    public void AdmitOne()
    {
        Inside++;
        _waiting.Dequeue().SetResult();
    }
}
