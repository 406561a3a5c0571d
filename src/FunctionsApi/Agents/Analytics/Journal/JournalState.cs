namespace FunctionsApi.Agents.Analytics.Journal;

/// <summary>
/// A journal as it is under its <see cref="Head"/>, as far as appending needs it. An append changes it at once, and it holds once the
/// append is stored; where another was quicker, <see cref="Undo"/> and <see cref="TryCatchUpAsync"/> bring it to what is stored.
/// </summary>
internal sealed class JournalState
{
    // Of hours and days that are reported on again and again; late events bring more for a while.
    private const int MaxCounts = 200;

    private readonly Dictionary<string, EventCounts> _counts = new(StringComparer.Ordinal);
    private readonly List<ulong> _added = [];
    private JournalHead _stored;
    private bool _hasTurned;

    private JournalState(JournalRows rows, JournalHead head) => (Rows, Head, _stored) = (rows, head, head);

    public JournalRows Rows { get; }

    public JournalHead Head { get; set; }

    public SeenIds Ids { get; } = new();

    /// <summary>The page of ids that is not full.</summary>
    public List<ulong> OpenIds { get; private set; } = [];

    /// <summary>The page of events that is not full.</summary>
    public byte[] OpenEvents { get; set; } = [];

    /// <summary>About what this takes in memory.</summary>
    public long Bytes => 2_000 + Ids.Bytes + OpenEvents.Length + (OpenIds.Capacity * sizeof(ulong)) + _counts.Values.Sum(counts => 3L * counts.Bytes);

    public static async Task<JournalState> LoadAsync(JournalRows rows)
    {
        var state = new JournalState(rows, await rows.ReadHeadAsync());
        await state.ReadIdsAsync(state.Head.GenerationBefore.Length > 0 ? state.Head.GenerationBefore : state.Head.Generation);
        await state.ReadOpenEventsAsync();
        return state;
    }

    /// <returns>Null where <see cref="ReadCountsAsync"/> was not asked to read the row.</returns>
    public EventCounts? FindCounts(string row) => _counts.GetValueOrDefault(row);

    /// <summary>Reads those that are not known.</summary>
    public async Task ReadCountsAsync(IReadOnlyCollection<string> needed)
    {
        if (_counts.Count > MaxCounts)
            _counts.Clear();
        string[] missing = [.. needed.Where(row => !_counts.ContainsKey(row))];
        var read = await Task.WhenAll(missing.Select(Rows.ReadAsync));
        foreach (var (row, bytes) in missing.Zip(read))
            _counts[row] = bytes is null ? new() : EventCounts.Decode(bytes);
    }

    /// <summary>Adds an id that is new.</summary>
    public void AddId(ulong id)
    {
        Ids.Add(id);
        _added.Add(id);
    }

    /// <summary>Begins another generation of ids where the present one has come to its end.</summary>
    public void TurnGeneration(DateTimeOffset now)
    {
        if (Head.Generation.Length > 0 && Ids.PresentCount < SeenIds.MaxIds && now - Head.GenerationSince < SeenIds.RememberFor)
            return;
        // Named by their times, and of two in one moment the second would not come after the first.
        var since = now > Head.GenerationSince ? now : Head.GenerationSince.AddTicks(1);
        Head = Head with { GenerationBefore = Head.Generation, Generation = JournalRows.IdGeneration(since), GenerationSince = since, IdPage = 0 };
        Ids.Turn();
        OpenIds = [];
        _hasTurned = true;
    }

    /// <summary>What has been changed since is stored.</summary>
    public void Keep(string eTag)
    {
        Head = _stored = Head with { ETag = eTag };
        _added.Clear();
        _hasTurned = false;
    }

    /// <summary>Takes back what has been changed, as far as that can be done.</summary>
    public void Undo()
    {
        _added.ForEach(Ids.Remove);
        _added.Clear();
        // What was counted is counted in what others may have changed.
        _counts.Clear();
    }

    /// <summary>Reads what others have appended.</summary>
    /// <returns>False where everything has to be read.</returns>
    public async Task<bool> TryCatchUpAsync()
    {
        var head = await Rows.ReadHeadAsync();
        if (_hasTurned || head.Generation != _stored.Generation)
            return false;
        var from = head.Generation.Length > 0 ? JournalRows.IdRow(head.Generation, _stored.IdPage) : "";
        Head = _stored = head;
        await ReadIdsAsync(from);
        await ReadOpenEventsAsync();
        return true;
    }

    private async Task ReadIdsAsync(string from)
    {
        OpenIds = [];
        if (from.Length == 0)
            return;
        await foreach (var (row, bytes) in Rows.ReadAsync(from, JournalRows.IdRow(Head.Generation, int.MaxValue), CancellationToken.None))
        {
            var isPresent = row.StartsWith(Head.Generation, StringComparison.Ordinal);
            OpenIds = SeenIds.Decode(bytes);
            OpenIds.ForEach(id => Ids.Add(id, toBefore: !isPresent));
            if (!isPresent)
                OpenIds = [];
        }
    }

    private async Task ReadOpenEventsAsync() =>
        OpenEvents = Head.Day.Length == 0 ? [] : await Rows.ReadAsync(JournalRows.EventRow(Head.Day, Head.EventPage)) ?? [];
}
