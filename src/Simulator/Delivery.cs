namespace FunctionsApi.Simulator;

/// <summary>What becomes of one request to the store.</summary>
/// <param name="There">How long it is on its way.</param>
/// <param name="Back">How long the answer is.</param>
internal readonly record struct Delivery(TimeSpan There, TimeSpan Back)
{
    /// <summary>It never arrives, and nobody is told.</summary>
    public bool IsLost { get; init; }

    /// <summary>It is done, and nobody is told.</summary>
    public bool IsAnswerLost { get; init; }

    /// <summary>It is not done, and the sender is told this, for example that the store is too busy; null where it is done.</summary>
    public string? Refusal { get; init; }

    /// <summary>It arrives a second time, so long after the first.</summary>
    public TimeSpan? AgainAfter { get; init; }

    /// <summary>Done, and half of the latency either way.</summary>
    public static Delivery After(TimeSpan latency) => new(latency / 2, latency / 2);
}
