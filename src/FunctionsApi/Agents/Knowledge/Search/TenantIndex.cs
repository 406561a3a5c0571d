using FunctionsApi.Api;

namespace FunctionsApi.Agents.Knowledge.Search;

/// <summary>
/// A tenant's index, kept up to date with the tenant's documents. A search waits for that, up to a bound. After it, the index
/// serves as it is; one that was never whole answers 503.
/// </summary>
internal sealed class TenantIndex(string tenant, DocumentTable documents, SearchWorkers workers, TimeProvider time) : IDisposable
{
    /// <summary>How long a change of the documents may go unnoticed.</summary>
    public static readonly TimeSpan CheckEvery = TimeSpan.FromSeconds(1);

    /// <summary>How long a search waits for an index that was never whole.</summary>
    public static readonly TimeSpan BuildPatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan ChangePatience = TimeSpan.FromSeconds(1);

    private const int RetryAfterSeconds = 5, MaxBatch = 64, MaxBatchCharacters = 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _turn = new(1);
    private SearchIndex? _index;
    private Task _update = Task.CompletedTask;
    private long _checkedAt, _version;
    private volatile bool _isWhole;

    /// <summary>How large the index is.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether it is being brought up to date.</summary>
    public bool IsUpdating
    {
        get
        {
            lock (_lock)
                return !_update.IsCompleted;
        }
    }

    /// <summary>Waits until the index has what the documents were within the last second.</summary>
    /// <param name="stopping">Ends the update itself.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ApiException">503: it takes longer than a search waits.</exception>
    public async Task UpdateAsync(CancellationToken stopping, CancellationToken cancellationToken)
    {
        Task update;
        lock (_lock)
        {
            if (_update.IsCompleted && (!_isWhole || time.GetElapsedTime(_checkedAt) >= CheckEvery))
            {
                _checkedAt = time.GetTimestamp();
                _update = Task.Run(() => BringUpToDateAsync(stopping), stopping);
            }

            update = _update;
        }

        try
        {
            await update.WaitAsync(_isWhole ? ChangePatience : BuildPatience, time, cancellationToken);
        }
        catch (TimeoutException) when (_isWhole)
        {
            // Searched as it is.
        }
        catch (TimeoutException)
        {
            throw Building();
        }
    }

    /// <summary>Has a worker read the index, once nobody else does.</summary>
    /// <exception cref="ApiException">503: a change has failed since, and the index is made anew.</exception>
    public Task<T> ReadAsync<T>(Func<SearchIndex, T> read, CancellationToken cancellationToken) =>
        UseAsync(index => _isWhole ? read(index) : throw Building(), cancellationToken);

    private async Task<T> UseAsync<T>(Func<SearchIndex, T> use, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await workers.RunAsync(() => Use(use, _index ??= new()), cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    private T Use<T>(Func<SearchIndex, T> use, SearchIndex index)
    {
        try
        {
            return use(index);
        }
        catch (Exception exception) when (exception is not ApiException)
        {
            // What is broken off leaves it undefined: there is no journal.
            (_isWhole, _index) = (false, null);
            index.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _index?.Dispose();
        _turn.Dispose();
    }

    private async Task BringUpToDateAsync(CancellationToken stopping)
    {
        // Before the documents: what changes while they are listed is noticed the next time.
        var version = await documents.VersionAsync(tenant, stopping);
        if (_isWhole && version == _version)
            return;
        var indexed = await UseAsync(index => index.Revisions(), stopping);
        HashSet<string> changed = [], kept = [];
        await foreach (var document in documents.ListAsync(tenant, stopping))
            (indexed.GetValueOrDefault(document.Id, -1) == document.Revision ? kept : changed).Add(document.Id);

        await ChangeAsync([], [.. indexed.Keys.Where(id => !kept.Contains(id) && !changed.Contains(id))], stopping);
        List<IndexedDocument> batch = [];
        await foreach (var document in TextsAsync(changed, mostOfThem: changed.Count > kept.Count, stopping))
        {
            batch.Add(new(document.Info.Id, document.Info.Revision, document.Info.Title, document.Text));
            if (batch.Count < MaxBatch && batch.Sum(one => one.Text.Length) < MaxBatchCharacters)
                continue;
            await ChangeAsync(batch, [], stopping);
            batch = [];
        }

        await ChangeAsync(batch, [], stopping);
        (_version, _isWhole) = (version, true);
    }

    private IAsyncEnumerable<Document> TextsAsync(HashSet<string> ids, bool mostOfThem, CancellationToken cancellationToken) => mostOfThem
        ? documents.TextsAsync(tenant, cancellationToken).Where(document => ids.Contains(document.Info.Id))
        : ids.ToAsyncEnumerable().Select(async (string id, CancellationToken cancelled) => await documents.FindAsync(tenant, id, cancelled)).OfType<Document>();

    private async Task ChangeAsync(IReadOnlyList<IndexedDocument> put, IReadOnlyList<string> removed, CancellationToken stopping) => Bytes = await UseAsync(
        index =>
        {
            index.Change(put, removed);
            return index.Bytes;
        },
        stopping);

    private static ApiException Building() =>
        new(new ApiError(503, "index_building", "The documents are being indexed. Try again shortly.") { RetryAfterSeconds = RetryAfterSeconds });
}
