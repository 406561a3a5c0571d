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
    /// <param name="stopping">Gives up, and with it the turnstile.</param>
    public Task EnterAsync(CancellationToken stopping)
    {
        if (TryEnter())
            return Task.CompletedTask;
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Enqueue(turn);
        return WaitAsync(turn, stopping);
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
        _waiting.Dequeue().TrySetResult();
    }

    // Task.WaitAsync would continue on no context where a simulation could follow it.
    private static async Task WaitAsync(TaskCompletionSource turn, CancellationToken stopping)
    {
        using var given = stopping.UnsafeRegister(static turn => ((TaskCompletionSource)turn!).TrySetCanceled(), turn);
        await turn.Task;
    }
}
