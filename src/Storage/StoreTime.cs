namespace FunctionsApi.Storage;

/// <summary>
/// A store that has a time of its own: the same for all who use the store, whatever the clocks of their machines say.
/// </summary>
public interface IStoreTime
{
    /// <summary>What the store last said its time is; null before it has said anything. Asks nobody.</summary>
    StoreTime? Time { get; }
}

/// <summary>What a store said its time is: at a moment between <paramref name="Asked"/> and <paramref name="Answered"/>, its
/// time was at least <paramref name="At"/> and less than <paramref name="Resolution"/> later.</summary>
/// <param name="At">UTC.</param>
/// <param name="Resolution">How finely the store says its time: a second for Azure Storage; zero where it is exact.</param>
/// <param name="Asked"><see cref="TimeProvider.GetTimestamp"/> before the question was sent.</param>
/// <param name="Answered"><see cref="TimeProvider.GetTimestamp"/> when the answer began to arrive.</param>
public sealed record StoreTime(DateTimeOffset At, TimeSpan Resolution, long Asked, long Answered);
