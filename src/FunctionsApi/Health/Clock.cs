// A window that was used up must not be sold again because a clock was set back. Every instance writes the time to the store
// twice a minute, and none starts more than 5 minutes behind the latest time there. (Small steps back do no harm: time in
// a quota entity never runs backwards.)

using FunctionsApi.Settings;
using FunctionsApi.Storage;

namespace FunctionsApi.Health;

/// <summary>The latest time that any instance has seen.</summary>
internal sealed class Clock(ITableStore store, TimeProvider time)
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);
    private static readonly TableKey Key = new("clock", "");

    /// <exception cref="SettingsException">This machine's clock is behind it.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (await ReadAsync(cancellationToken) is { } seen && now < seen - Tolerance)
            throw new SettingsException(
                $"This machine's clock says {now:u}, but the store was in use at {seen:u}: starting now would sell quota again "
                + "that was used already. Set the clock right, or set Quotas__AcceptClockSetBack=true for one start if it is.");
    }

    /// <param name="accept">Take this machine's time as right although it is behind.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task WriteAsync(bool accept, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (!accept && await ReadAsync(cancellationToken) is { } seen && seen >= now)
            return;
        await store.PutAsync("Meta", new(Key, new Dictionary<string, object> { ["At"] = now }, PutCondition.None), cancellationToken);
    }

    private async Task<DateTimeOffset?> ReadAsync(CancellationToken cancellationToken) =>
        (await store.GetAsync("Meta", Key, cancellationToken))?.Values["At"] as DateTimeOffset?;
}
