namespace FunctionsApi.Usage;

/// <summary>
/// The hours that the next flush has to write: a stack that runs through the hours themselves, so that marking one
/// neither locks nor allocates. It is only ever emptied whole, which is why a plain compare-and-swap is enough.
/// </summary>
internal sealed class DirtyHours
{
    private OpenHour? _top;

    /// <summary>Call after counting, so that the flush that clears the mark reads the new count.</summary>
    public void Mark(OpenHour hour)
    {
        if (!hour.TryMarkDirty())
            return;
        OpenHour? top;
        do
            hour.NextDirty = top = Volatile.Read(ref _top);
        while (Interlocked.CompareExchange(ref _top, hour, top) != top);
    }

    /// <summary>Empties the stack and marks its hours clean.</summary>
    public List<OpenHour> TakeAll()
    {
        List<OpenHour> taken = [];
        for (OpenHour? hour = Interlocked.Exchange(ref _top, null), next; hour is not null; hour = next)
        {
            // Once it is clean, another thread may push it again and change what comes next.
            next = hour.NextDirty;
            hour.MarkClean();
            taken.Add(hour);
        }

        return taken;
    }
}
