using FunctionsApi.Storage;

namespace FunctionsApi.Agents.Analytics.Journal;

/// <summary>One batch that brings events into a journal.</summary>
internal sealed class Append
{
    // A batch holds 100 rows and 1 MiB. In it are the head, pages of ids and events, and counts; the ledger's writes wait for no longer
    // than one of these takes.
    private const int MaxRowsOfCounts = 60;
    private const int MaxEvents = 4_000;
    private const int MaxEventBytes = 256 * 1024;
    private const int MaxCountBytes = 448 * 1024;

    private readonly JournalState _state;
    private readonly DateTimeOffset _now;
    private readonly List<AnalyticsEvent> _new = [];
    private readonly List<ulong> _ids = [];
    private readonly HashSet<string> _counted = new(StringComparer.Ordinal);
    private readonly List<(int Taken, int Duplicates)> _taken = [];
    private readonly List<TablePut> _puts = [];
    private int _eventBytes, _countBytes;

    private Append(JournalState state, DateTimeOffset now) => (_state, _now) = (state, now);

    /// <summary>Tells it from every other.</summary>
    public string Id { get; } = $"{Guid.NewGuid():N}";

    /// <summary>What to write, the head last.</summary>
    public IReadOnlyList<TablePut> Puts => _puts;

    /// <summary>Of each of those who sent, in order: how many of his events it takes, and how many of these were known.</summary>
    public IReadOnlyList<(int Taken, int Duplicates)> Taken => _taken;

    /// <summary>Takes as much as fits of what was sent, at least one event.</summary>
    public static async Task<Append> ComposeAsync(JournalState state, IReadOnlyList<Sent> sent, DateTimeOffset now)
    {
        var append = new Append(state, now);
        await state.ReadCountsAsync(RowsNeeded(sent));
        foreach (var one in sent)
            if (!append.Take(one))
                break;
        if (append._new.Count > 0)
            append.Compose();
        return append;
    }

    private static HashSet<string> RowsNeeded(IReadOnlyList<Sent> sent)
    {
        HashSet<string> rows = new(StringComparer.Ordinal);
        foreach (var added in sent.SelectMany(one => one.Left).Take(MaxEvents))
        {
            rows.UnionWith(CountRows(added).Select(row => row.Row));
            if (rows.Count >= MaxRowsOfCounts)
                break;
        }

        return rows;
    }

    private static IEnumerable<(string Row, string Name)> CountRows(AnalyticsEvent added)
    {
        yield return (JournalRows.HourRow(added.Timestamp), added.Type);
        yield return (JournalRows.DayRow(added.Timestamp), added.Type);
        if (added.Page is { } page)
            yield return (JournalRows.PageRow(added.Timestamp), page);
    }

    /// <returns>Whether all of them found a place.</returns>
    private bool Take(Sent sent)
    {
        var (taken, duplicates) = (0, 0);
        foreach (var added in sent.Left)
        {
            ulong? id = added.Id is { } text ? SeenIds.Hash(text) : null;
            if (id is { } known && _state.Ids.Contains(known))
                duplicates++;
            else if (!TryAdd(added, id))
                break;
            taken++;
        }

        if (taken > 0)
            _taken.Add((taken, duplicates));
        return taken == sent.LeftCount;
    }

    private bool TryAdd(AnalyticsEvent added, ulong? id)
    {
        (string Row, string Name)[] rows = [.. CountRows(added)];
        if (!HasRoom(added, rows))
            return false;
        foreach (var (row, name) in rows)
            Count(row, name);
        if (id is { } known)
        {
            _state.TurnGeneration(_now);
            _state.AddId(known);
            _ids.Add(known);
        }

        _eventBytes += EventPage.SizeOf(added);
        _new.Add(added);
        return true;
    }

    private bool HasRoom(AnalyticsEvent added, (string Row, string Name)[] rows)
    {
        var bytes = 0;
        foreach (var (row, name) in rows)
        {
            if (_state.FindCounts(row) is not { } counts)
                return false;
            bytes += EventCounts.SizeOf(name) + (_counted.Contains(row) ? 0 : counts.Bytes);
        }

        return _new.Count < MaxEvents
            && _eventBytes + EventPage.SizeOf(added) <= MaxEventBytes
            && _countBytes + bytes <= MaxCountBytes;
    }

    private void Count(string row, string name)
    {
        var counts = _state.FindCounts(row)!;
        _countBytes -= _counted.Add(row) ? 0 : counts.Bytes;
        counts.Add(name);
        _countBytes += counts.Bytes;
    }

    private void Compose()
    {
        PutEvents();
        PutIds();
        foreach (var row in _counted)
            _puts.Add(_state.Rows.Put(row, _state.FindCounts(row)!.Encode()));
        _state.Head = _state.Head with { LastAppend = Id };
        _puts.Add(_state.Rows.Put(_state.Head));
    }

    private void PutEvents()
    {
        // A day never ends again, whatever an instance's clock says: its pages would be written over.
        var (head, today) = (_state.Head, JournalRows.EventDay(_now));
        if (string.CompareOrdinal(today, head.Day) > 0)
            (head, _state.OpenEvents) = (head with { Day = today, EventPage = 0 }, []);
        foreach (var member in EventPage.Members(_new, _now))
        {
            if (_state.OpenEvents.Length + member.Length > EventPage.MaxBytes)
            {
                Put(JournalRows.EventRow(head.Day, head.EventPage), _state.OpenEvents);
                (head, _state.OpenEvents) = (head with { EventPage = head.EventPage + 1 }, []);
            }

            _state.OpenEvents = [.. _state.OpenEvents, .. member];
        }

        Put(JournalRows.EventRow(head.Day, head.EventPage), _state.OpenEvents);
        _state.Head = head;
    }

    private void PutIds()
    {
        if (_ids.Count == 0)
            return;
        var (page, open) = (_state.Head.IdPage, _state.OpenIds);
        open.AddRange(_ids);
        for (; open.Count >= SeenIds.IdsPerPage; page++)
        {
            Put(JournalRows.IdRow(_state.Head.Generation, page), SeenIds.Encode(open.GetRange(0, SeenIds.IdsPerPage)));
            open.RemoveRange(0, SeenIds.IdsPerPage);
        }

        if (open.Count > 0)
            Put(JournalRows.IdRow(_state.Head.Generation, page), SeenIds.Encode(open));
        _state.Head = _state.Head with { IdPage = page };
    }

    private void Put(string row, byte[] bytes) => _puts.Add(_state.Rows.Put(row, bytes));
}
