using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;

namespace FunctionsApi.Tenants;

/// <summary>
/// Every tenant's terms, from memory. What is in memory is compared with the store by <see cref="RefreshAsync"/>, which
/// <see cref="TenantRefresher"/> calls, and stays in force while the store can't be read or makes no sense.
/// </summary>
internal sealed partial class TenantDirectory(
    PlanTable planTable, TenantTable tenantTable, TimeProvider time, ILogger<TenantDirectory> logger) : IDisposable
{
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _refreshing = new(1);
    private volatile State _state = new(PlansInForce.Embedded, new(null, PlansInForce.Embedded.Catalog, []), null);

    /// <summary>The plans in force.</summary>
    public PlanCatalog Plans => _state.Plans.Catalog;

    /// <summary>What keeps plans and tenants from being those of the store, with the remedy, for operators; null: nothing.</summary>
    public string? Problem => _state.Problem;

    /// <summary>A tenant's terms for one API.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="api">The API.</param>
    /// <param name="planOverride">The caller's own subscription; null has the tenant's.</param>
    /// <param name="cancellationToken">Gives up, where the store has to be asked: for a tenant not heard of before.</param>
    /// <returns>
    /// The same terms each time until something changes; null where neither tenant nor caller has a subscription, or the tenant has
    /// left.
    /// </returns>
    /// <exception cref="Storage.TableStoreException">The store had to be asked and could not be.</exception>
    public ValueTask<ApiTerms?> FindAsync(string tenant, ApiKind api, string? planOverride, CancellationToken cancellationToken)
    {
        var tenants = _state.Tenants;
        return tenants.Find(tenant) is { } terms
            ? ValueTask.FromResult(terms.Find(api, planOverride))
            : AskStoreAsync(tenants, tenant, api, planOverride, cancellationToken);
    }

    /// <summary>Takes over what has changed in the store. Fails only by being cancelled.</summary>
    /// <returns>False where the store could not be read, or not within 5 s.</returns>
    public async Task<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        await _refreshing.WaitAsync(cancellationToken);
        try
        {
            var before = _state;
            _state = await NextAsync(before, cancellationToken);
            LogChange(before, _state);
            return _state.Failure is null;
        }
        finally
        {
            _refreshing.Release();
        }
    }

    public void Dispose() => _refreshing.Dispose();

    // Not a local function: what that captured would be allocated for every request.
    private async ValueTask<ApiTerms?> AskStoreAsync(
        TenantSnapshot tenants, string tenant, ApiKind api, string? planOverride, CancellationToken cancellationToken) =>
        tenants.Add(tenant, await tenantTable.FindAsync(tenant, cancellationToken)).Find(api, planOverride);

    private async Task<State> NextAsync(State state, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(ReadTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            var plans = state.Plans.Next(await planTable.ReadAsync(either.Token));
            var tenants = state.Tenants.Under(plans.Catalog);

            // The revision is read first: what changes after that is at worst read twice, and never missed.
            var revision = await tenantTable.RevisionAsync(either.Token);
            if (revision != tenants.Revision)
                tenants = tenants.Next(revision, await tenantTable.ListAsync(either.Token));
            return new(plans, tenants, null);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            return state with
            {
                Failure = timeout.IsCancellationRequested
                    ? new TimeoutException($"The store did not answer within {ReadTimeout.TotalSeconds} s.", failure)
                    : failure,
            };
        }
    }

    private void LogChange(State before, State after)
    {
        // A failure is told once, though its text may differ each time.
        if (after.Failure is not null && before.Failure is null)
            Log.Unreadable(logger, after.Failure is TableStoreException or TimeoutException ? null : after.Failure, after.Failure.Message);
        else if (after.Problem is { } problem && after.Failure is null && problem != before.Problem)
            Log.Refused(logger, problem);
        else if (after.Problem is null && before.Problem is not null)
            Log.Resolved(logger);
    }

    /// <param name="Plans">The plans in force.</param>
    /// <param name="Tenants">The tenants under these plans.</param>
    /// <param name="Failure">Why the store could not be read; null where it could be.</param>
    private sealed record State(PlansInForce Plans, TenantSnapshot Tenants, Exception? Failure)
    {
        public string? Problem => Failure is null
            ? Plans.Problem ?? Tenants.Problem
            : $"Plans and tenants can't be read, and stay as they were: {Failure.Message}";
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Plans and tenants can't be read from the store; they stay as they were until they can. {Reason}")]
        public static partial void Unreadable(ILogger logger, Exception? failure, string reason);

        [LoggerMessage(LogLevel.Error, "{Problem}")]
        public static partial void Refused(ILogger logger, string problem);

        [LoggerMessage(LogLevel.Information, "Plans and tenants are those of the store again")]
        public static partial void Resolved(ILogger logger);
    }
}
