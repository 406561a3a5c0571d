using FunctionsApi.Storage;

namespace FunctionsApi.Sweeps;

/// <summary>
/// Whose turn it is to sweep, or to do something else that one instance does for all: a row that says until when somebody is at it, and when
/// it was last finished. Taken and kept by conditional puts. An instance that dies loses the turn within 2 minutes; clocks that disagree may
/// make two do it at once.
/// </summary>
internal sealed class SweepTurn
{
    private const string Table = "Sweeps";
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(2);

    private readonly ITableStore _store;
    private readonly TimeProvider _time;
    private readonly TableKey _key;
    private readonly DateTimeOffset? _finished;
    private DateTimeOffset _until;
    private string? _eTag;

    private SweepTurn(ITableStore store, TimeProvider time, TableKey key, TableRow? before) =>
        (_store, _time, _key, _finished, _eTag) = (store, time, key, Column(before, "Finished"), before?.ETag);

    /// <param name="store">Where.</param>
    /// <param name="time">The clock.</param>
    /// <param name="turnOf">What is to be done.</param>
    /// <param name="unlessWithin">Not if it was finished within so long.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null where it is not ours.</returns>
    public static async Task<SweepTurn?> TryTakeAsync(
        ITableStore store, TimeProvider time, string turnOf, TimeSpan unlessWithin, CancellationToken cancellationToken)
    {
        var key = new TableKey(turnOf, "");
        var row = await store.GetAsync(Table, key, cancellationToken);
        var now = time.GetUtcNow();
        if (Column(row, "Until") > now || now - Column(row, "Finished") < unlessWithin)
            return null;
        var turn = new SweepTurn(store, time, key, row);
        return await turn.TryWriteAsync(now + Length, turn._finished, cancellationToken) ? turn : null;
    }

    /// <summary>Keeps the turn for another while; writes nothing as long as enough of it is left.</summary>
    /// <returns>False where somebody else has it by now.</returns>
    public async Task<bool> TryKeepAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        return _until - now > Length / 2 || await TryWriteAsync(now + Length, _finished, cancellationToken);
    }

    /// <summary>Gives the turn back, and tells that there is nothing left to do for now.</summary>
    public Task FinishAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        return TryWriteAsync(now, now, cancellationToken);
    }

    private async Task<bool> TryWriteAsync(DateTimeOffset until, DateTimeOffset? finished, CancellationToken cancellationToken)
    {
        var columns = new Dictionary<string, object> { ["Until"] = until };
        if (finished is { } time)
            columns["Finished"] = time;
        var condition = _eTag is null ? PutCondition.IfAbsent : PutCondition.IfMatch(_eTag);
        _until = until;
        _eTag = await _store.PutAsync(Table, new(_key, columns, condition), cancellationToken);
        return _eTag is not null;
    }

    private static DateTimeOffset? Column(TableRow? row, string name) => row?.Values.GetValueOrDefault(name) as DateTimeOffset?;
}
