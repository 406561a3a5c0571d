using FunctionsApi.Quotas.Entities;

namespace FunctionsApi.Quotas.Limiting;

/// <summary>
/// The way to the ledger: a bounded number of operations at once and a time-out on each. One that fails pauses and is
/// repeated; while the ledger is away all wait in line, and one at a time tries, after pauses that grow. When it is back
/// the line moves on slowly at first: each answer lets one more in.
/// </summary>
internal sealed class LedgerLink : IDisposable
{
    private const string Nobody = "nobody:ledger-health";

    private static readonly TimeSpan RememberTroubleFor = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly LedgerHealth _health = new();
    private readonly Turnstile _turnstile;
    private readonly RepeatBudget _repeats = new();
    private readonly Pauses _pauses;
    private readonly ILedger _ledger;
    private readonly LimiterOptions _options;
    private readonly CorrectedClock _clock;
    private readonly TimeProvider _time;
    private readonly ITimer _next;
    private readonly CancellationTokenSource _closing = new();
    private TimeSpan _pause = Pauses.First;
    private (string Partition, QuotaOperation Operation) _lastFailed;
    private long _answered;
    private long _failed;
    private long _contended;
    private long _overdue;
    private Instant _contendedAt;
    private Instant _overdueAt;
    private TimeSpan _takes;
    private bool _looksForSecondOpinion;

    public LedgerLink(ILedger ledger, LimiterOptions options, CorrectedClock clock, TimeProvider time)
    {
        (_ledger, _options, _clock, _time) = (ledger, options, clock, time);
        Closing = _closing.Token;
        (_turnstile, _pauses) = (new() { Width = options.MostOperationsInFlight }, new(options.Random));
        _next = time.CreateTimer(_ => Next(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Why the ledger is away, or was a moment ago; null while it answers.</summary>
    public LedgerOutage? Outage
    {
        get
        {
            lock (_lock)
                return _health.Outage;
        }
    }

    /// <summary>Called once when the ledger goes away, with the reason, and once when it is back, with null.</summary>
    public Action<LedgerOutage?>? OutageChanged { get; set; }

    /// <summary>No second attempts any more: what cannot be said at once is left unsaid.</summary>
    public bool IsClosing => _closing.IsCancellationRequested;

    /// <summary>Cancelled once it <see cref="IsClosing"/>.</summary>
    public CancellationToken Closing { get; }

    /// <summary>From now on <see cref="IsClosing"/>.</summary>
    public void Close() => _closing.Cancel();

    public LedgerFigures Figures
    {
        get
        {
            lock (_lock)
                return new(_answered, _failed, _turnstile.Inside, _turnstile.Waiting) { Contended = _contended, Overdue = _overdue };
        }
    }

    /// <summary>How the ledger is, and was in the last <see cref="RememberTroubleFor"/>.</summary>
    public LedgerState State
    {
        get
        {
            lock (_lock)
            {
                var recent = _clock.Steady - RememberTroubleFor;
                return _health.Outage is not null ? LedgerState.Away
                    : _contendedAt > recent ? LedgerState.Contended
                    : _overdueAt > recent ? LedgerState.Slow
                    : LedgerState.Well;
            }
        }
    }

    /// <summary>How long operations took lately, up to a request's wait: rises at once and falls slowly.</summary>
    public TimeSpan Takes
    {
        get
        {
            lock (_lock)
                return _takes;
        }
    }

    /// <summary>Requests were told that an operation takes too long.</summary>
    public void NoteOverdue()
    {
        lock (_lock)
        {
            _overdue++;
            _overdueAt = _clock.Steady;
        }
    }

    /// <summary>Has an operation applied, however long that takes.</summary>
    /// <param name="partition">Whose.</param>
    /// <param name="operation">It is sent unchanged however often it takes.</param>
    /// <param name="onDelay">Called when the answer will not come soon.</param>
    /// <param name="stopping">Gives up.</param>
    /// <returns>Null where the operation was given up.</returns>
    public async Task<LedgerAnswer?> ApplyAsync(
        string partition, QuotaOperation operation, Action onDelay, CancellationToken stopping)
    {
        var (sent, firstBegan, uncertainty) = (Instant.Never, Instant.Never, TimeSpan.Zero);
        for (var pause = Pauses.First; ; pause = Pauses.After(pause))
        {
            if (IsClosing && IsAway)
                return null;
            await TakeTurnAsync(first: pause == Pauses.First, onDelay, stopping);
            var (asked, began) = (_clock.Now, _clock.Steady);
            if (sent == Instant.Never)
                (sent, firstBegan, uncertainty) = (asked, began, _clock.Uncertainty);
            TimeSpan atLeast;
            try
            {
                if (began - firstBegan >= QuotaEntity.RepeatFor)
                {
                    Leave();
                    return null;
                }
                var result = await InTimeAsync(
                    _options.OperationTimeout, within => _ledger.ApplyAsync(partition, operation, asked, within), stopping);
                Answered(_clock.Steady - began);
                return new(result, Instant.Min(sent, asked), asked, uncertainty);
            }
            catch (EntityUnreadableException)
            {
                // No outage: everybody else is served. Until an operator resets it, this partition is not.
                Answered();
                onDelay();
                atLeast = Pauses.Longest;
            }
            catch (LedgerContendedException)
            {
                // No outage either. The others are served, and would sell what is admitted here by guessing.
                Answered();
                Contended();
                onDelay();
                atLeast = default;
            }
            catch (LedgerSlowException)
            {
                Answered();
                Slow();
                onDelay();
                atLeast = default;
            }
            // Whatever a ledger throws, an operation that nobody repeats would keep its callers waiting for ever.
            catch (Exception e)
            {
                stopping.ThrowIfCancellationRequested();
                atLeast = Pauses.AskedForBy(e);
                Failed(partition, operation, began, ReasonOf(e), atLeast);
            }
            if (!await PausesAsync(pause, atLeast, stopping))
                return null;
        }
    }

    /// <summary>Looks at a partition, once.</summary>
    /// <returns>Null where the ledger is away, busy or fails.</returns>
    public async Task<QuotaResult?> PeekAsync(string partition, QuotaOperation operation, CancellationToken cancellationToken)
    {
        lock (_lock)
            if (!_turnstile.TryEnter())
                return null;
        return await LookAsync(partition, operation, cancellationToken);
    }

    public void Dispose()
    {
        _next.Dispose();
        _closing.Dispose();
    }

    private bool IsAway
    {
        get
        {
            lock (_lock)
                return _health.IsAway;
        }
    }

    private Task TakeTurnAsync(bool first, Action onDelay, CancellationToken stopping)
    {
        Task turn;
        bool isAway;
        lock (_lock)
        {
            if (first)
                _repeats.Earn();
            isAway = _health.IsAway;
            turn = _turnstile.EnterAsync(stopping);
        }
        if (isAway)
            onDelay();
        return turn;
    }

    private async Task<QuotaResult> InTimeAsync(
        TimeSpan within, Func<CancellationToken, Task<QuotaResult>> ask, CancellationToken stopping)
    {
        using var timeout = new CancellationTokenSource(within, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopping);
        return await ask(either.Token);
    }

    private async Task<QuotaResult?> LookAsync(string partition, QuotaOperation operation, CancellationToken cancellationToken)
    {
        try
        {
            var result = await InTimeAsync(
                _options.RequestWait, within => _ledger.PeekAsync(partition, operation, _clock.Now, within), cancellationToken);
            Answered();
            return result;
        }
        catch (EntityUnreadableException)
        {
            Answered();
            return null;
        }
        catch (Exception)
        {
            // That it failed is no sign of an outage: only operations are repeated until it is over.
            Leave();
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            _turnstile.Leave();
            TryAgainLater_NeedsLock(default);
            _turnstile.Admit();
        }
    }

    private void Contended()
    {
        lock (_lock)
        {
            _contended++;
            _contendedAt = _clock.Steady;
        }
    }

    private void Slow()
    {
        lock (_lock)
            _overdueAt = _clock.Steady;
    }

    // No lease is asked for so early that it would have outlasted an operation for which no request waits any more.
    private void Answered(TimeSpan took = default)
    {
        lock (_lock)
        {
            _answered++;
            took = took < _options.RequestWait ? took : _options.RequestWait;
            _takes = took > _takes * 0.9 ? took : _takes * 0.9;
            _turnstile.Leave();
            var wasAway = _health.IsAway;
            _health.Answered(_clock.Steady);
            if (wasAway)
                _next.Change(LedgerHealth.BackAfter, Timeout.InfiniteTimeSpan);
            if (_health.IsReturning)
                _turnstile.Width = wasAway ? 1 : Math.Min(_turnstile.Width + 1, _options.MostOperationsInFlight);
            _turnstile.Admit();
        }
    }

    private void Failed(string partition, QuotaOperation operation, Instant began, string reason, TimeSpan retryAfter)
    {
        LedgerOutage? begun = null;
        bool wantsSecondOpinion;
        lock (_lock)
        {
            _failed++;
            _lastFailed = (partition, operation);
            _turnstile.Leave();
            var (before, wasAway) = (_health.Outage, _health.IsAway);
            _health.Failed(partition, began, _clock.Steady, reason);
            wantsSecondOpinion = !_looksForSecondOpinion && _health.WantsSecondOpinion(_clock.Steady);
            _looksForSecondOpinion |= wantsSecondOpinion;
            if (before is null)
                begun = _health.Outage;
            if (_health.IsAway && !wasAway)
                (_turnstile.Width, _pause) = (0, Pauses.First);
            TryAgainLater_NeedsLock(retryAfter);
            _turnstile.Admit();
        }
        if (begun is not null)
            OutageChanged?.Invoke(begun);
        if (wantsSecondOpinion)
            _ = LookForSecondOpinionAsync(operation);
    }

    // One partition alone does not show that the ledger is away. Nobody has this one, so that nothing crowds it.
    private async Task LookForSecondOpinionAsync(QuotaOperation operation)
    {
        lock (_lock)
            _turnstile.EnterAnyway();
        var began = _clock.Steady;
        try
        {
            await InTimeAsync(
                _options.RequestWait, within => _ledger.PeekAsync(Nobody, operation, _clock.Now, within), _closing.Token);
            Answered();
        }
        catch (Exception e)
        {
            Failed(Nobody, operation, began, ReasonOf(e), default);
        }
        lock (_lock)
            _looksForSecondOpinion = false;
    }

    private void TryAgainLater_NeedsLock(TimeSpan retryAfter)
    {
        // Those that were on their way when it went away come back first.
        if (!_health.IsAway || _turnstile.Inside > 0)
            return;
        _next.Change(_pauses.Draw(_pause, retryAfter), Timeout.InfiniteTimeSpan);
        _pause = Pauses.After(_pause);
    }

    /// <summary>A pause of the ledger's absence is over, or its return has lasted.</summary>
    private void Next()
    {
        bool settled, isUnasked;
        lock (_lock)
        {
            settled = _health.TrySettle(_clock.Steady, isAsked: _turnstile.Inside > 0);
            // What requests were told meanwhile was the outage's.
            if (settled)
                (_turnstile.Width, _overdueAt, _contendedAt) = (_options.MostOperationsInFlight, default, default);
            // A timer may go off a little early by the clock that is judged by.
            else if (_health.IsReturning)
                _next.Change(LedgerHealth.BackAfter / 10, Timeout.InfiniteTimeSpan);
            _turnstile.Admit();
            isUnasked = _health.IsAway && _turnstile is { Inside: 0, Waiting: 0 };
            if (isUnasked)
                _turnstile.EnterAnyway();
            else if (_health.IsAway && _turnstile.Inside == 0)
                _turnstile.AdmitOne();
        }
        if (settled)
            OutageChanged?.Invoke(null);
        // All who waited have given up; somebody has to notice that it is back.
        if (isUnasked)
            _ = LookAsync(_lastFailed.Partition, _lastFailed.Operation, CancellationToken.None);
    }

    /// <summary>Waits until a failed operation may be repeated; while the ledger is away the line is all the wait there is.</summary>
    /// <returns>False where it must not be.</returns>
    private async Task<bool> PausesAsync(TimeSpan pause, TimeSpan atLeast, CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token, stopping);
        while (!IsClosing && !IsAway)
        {
            await Task.Delay(_pauses.Draw(pause, atLeast), _time, either.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            stopping.ThrowIfCancellationRequested();
            lock (_lock)
                if (_repeats.TrySpend(_clock.Steady))
                    break;
            pause = Pauses.After(pause);
        }
        return !IsClosing;
    }

    private static string ReasonOf(Exception e) => e switch
    {
        LedgerUnavailableException => e.Message,
        OperationCanceledException => "The ledger did not answer in time.",
        _ => $"The ledger failed: {e.GetType().Name}: {e.Message}",
    };
}
