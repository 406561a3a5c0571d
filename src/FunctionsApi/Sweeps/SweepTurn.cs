using FunctionsApi.Storage;

namespace FunctionsApi.Sweeps;

/// <summary>
/// Whose turn it is to sweep: a row that says until when somebody sweeps, and when a sweep was last finished. Taken and
/// kept by conditional puts. An instance that dies loses the turn within 2 minutes; clocks that disagree may make two sweep at once.
/// </summary>
internal sealed class SweepTurn
{
    private const string Table = "Sweeps";
    private static readonly TableKey Key = new("sweep", "");
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(2);

    private readonly ITableStore _store;
    private readonly TimeProvider _time;
    private readonly DateTimeOffset? _finished;
    private DateTimeOffset _until;
    private string? _eTag;

    private SweepTurn(ITableStore store, TimeProvider time, TableRow? before) =>
        (_store, _time, _finished, _eTag) = (store, time, Column(before, "Finished"), before?.ETag);

    /// <param name="store">Where.</param>
    /// <param name="time">The clock.</param>
    /// <param name="unlessWithin">Not if a sweep was finished within so long.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null where it is not ours.</returns>
    public static async Task<SweepTurn?> TryTakeAsync(
        ITableStore store, TimeProvider time, TimeSpan unlessWithin, CancellationToken cancellationToken)
    {
        var row = await store.GetAsync(Table, Key, cancellationToken);
        var now = time.GetUtcNow();
        if (Column(row, "Until") > now || now - Column(row, "Finished") < unlessWithin)
            return null;
        var turn = new SweepTurn(store, time, row);
        return await turn.TryWriteAsync(now + Length, turn._finished, cancellationToken) ? turn : null;
    }

    /// <summary>Keeps the turn for another while; writes nothing as long as enough of it is left.</summary>
    /// <returns>False where somebody else has it by now.</returns>
    public async Task<bool> TryKeepAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        return _until - now > Length / 2 || await TryWriteAsync(now + Length, _finished, cancellationToken);
    }

    /// <summary>Gives the turn back, and tells that there is nothing left to sweep for now.</summary>
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
        _eTag = await _store.PutAsync(Table, new(Key, columns, condition), cancellationToken);
        return _eTag is not null;
    }

    private static DateTimeOffset? Column(TableRow? row, string name) => row?.Values.GetValueOrDefault(name) as DateTimeOffset?;
}
