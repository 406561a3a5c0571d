namespace FunctionsApi.Quotas.Limiting;

/// <summary>
/// Who may ask the ledger, and when: a bounded number of attempts at once. While the ledger is away all wait in line, and one at a time
/// tries, after pauses that grow. When it is back the line moves on slowly at first: each answer lets one more in. Safe for any
/// number of threads.
/// </summary>
internal sealed class LedgerGate : IDisposable
{
    private readonly Lock _lock = new();
    private readonly LedgerHealth _health = new();
    private readonly RepeatBudget _repeats = new();
    private readonly Turnstile _turnstile;
    private readonly Pauses _pauses;
    private readonly LimiterOptions _options;
    private readonly CorrectedClock _clock;
    private readonly ITimer _next;
    private TimeSpan _pause = Pauses.First;
    private TimeSpan _takes;
    private long _answered;
    private long _failed;
    private bool _looksForSecondOpinion;

    public LedgerGate(LimiterOptions options, CorrectedClock clock, TimeProvider time)
    {
        (_options, _clock) = (options, clock);
        (_turnstile, _pauses) = (new() { Width = options.MostOperationsInFlight }, new(options.Random));
        _next = time.CreateTimer(_ => Next(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Called once when the ledger goes away, with the reason, and once when it is back, with null.</summary>
    public Action<LedgerOutage?>? OutageChanged { get; set; }

    /// <summary>
    /// Called when a pause of the ledger's absence is over and nobody is left who would try: all have given up, and somebody has to
    /// notice that it is back. It has been let in.
    /// </summary>
    public required Action Unasked { get; init; }

    /// <summary>Why the ledger is away, or was a moment ago; null while it answers.</summary>
    public LedgerOutage? Outage
    {
        get
        {
            lock (_lock)
                return _health.Outage;
        }
    }

    public bool IsAway
    {
        get
        {
            lock (_lock)
                return _health.IsAway;
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

    public LedgerFigures Figures
    {
        get
        {
            lock (_lock)
                return new(_answered, _failed, _turnstile.Inside, _turnstile.Waiting);
        }
    }

    /// <summary>Completes when an attempt may be made; the caller leaves after it.</summary>
    /// <param name="first">It repeats none.</param>
    /// <param name="isAway">The ledger is, and the turn may be long in coming.</param>
    /// <param name="stopping">Gives up.</param>
    public Task EnterAsync(bool first, out bool isAway, CancellationToken stopping)
    {
        lock (_lock)
        {
            if (first)
                _repeats.Earn();
            isAway = _health.IsAway;
            return _turnstile.EnterAsync(stopping);
        }
    }

    /// <summary>Goes in if there is room.</summary>
    public bool TryEnter()
    {
        lock (_lock)
            return _turnstile.TryEnter();
    }

    /// <summary>Whether an attempt may repeat another now.</summary>
    public bool TryRepeat()
    {
        lock (_lock)
            return _repeats.TrySpend(_clock.Steady);
    }

    /// <summary>As <see cref="Pauses.Draw"/>.</summary>
    public TimeSpan DrawPause(TimeSpan pause, TimeSpan atLeast)
    {
        lock (_lock)
            return _pauses.Draw(pause, atLeast);
    }

    /// <summary>An attempt is over that says nothing about the ledger.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            _turnstile.Leave();
            TryAgainLater_NeedsLock(default);
            _turnstile.Admit();
        }
    }

    // No lease is asked for so early that it would have outlasted an operation for which no request waits any more.
    public void Answered(TimeSpan took = default)
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

    /// <param name="partition">Whose attempt it was.</param>
    /// <param name="began">When it was made.</param>
    /// <param name="reason">Why, for operators.</param>
    /// <param name="retryAfter">How long the ledger asks to be left alone.</param>
    /// <returns>Whether somebody should look whether other partitions fail too. He has been let in, and tells by <see cref="HaveSecondOpinion"/>.</returns>
    public bool Failed(string partition, Instant began, string reason, TimeSpan retryAfter)
    {
        LedgerOutage? begun = null;
        bool wantsSecondOpinion;
        lock (_lock)
        {
            _failed++;
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
            if (wantsSecondOpinion)
                _turnstile.EnterAnyway();
        }
        if (begun is not null)
            OutageChanged?.Invoke(begun);
        return wantsSecondOpinion;
    }

    public void HaveSecondOpinion()
    {
        lock (_lock)
            _looksForSecondOpinion = false;
    }

    public void Dispose() => _next.Dispose();

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
            if (settled)
                _turnstile.Width = _options.MostOperationsInFlight;
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
        if (isUnasked)
            Unasked();
    }
}
