using FunctionsApi.Quotas.Entities;

namespace FunctionsApi.Quotas.Limiting;

/// <summary>
/// The way to the ledger: a time-out on each attempt, and as many at once as the gate lets in. One that fails pauses and is
/// repeated.
/// </summary>
internal sealed class LedgerLink : IDisposable
{
    private const string Nobody = "nobody:ledger-health";

    private readonly ILedger _ledger;
    private readonly LimiterOptions _options;
    private readonly CorrectedClock _clock;
    private readonly TimeProvider _time;
    private readonly LedgerGate _gate;
    private readonly LedgerTrouble _trouble;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _startLock = new();
    private volatile Tuple<string, QuotaOperation>? _lastFailed;
    private volatile bool _hasAnswered;
    private Instant _firstAsked = Instant.Never;

    public LedgerLink(ILedger ledger, LimiterOptions options, CorrectedClock clock, TimeProvider time)
    {
        (_ledger, _options, _clock, _time) = (ledger, options, clock, time);
        Closing = _closing.Token;
        _trouble = new(clock);
        _gate = new(options, clock, time) { OutageChanged = Change, Unasked = LookAgain };
    }

    /// <summary>Why the ledger is away, or was a moment ago; null while it answers.</summary>
    public LedgerOutage? Outage => _gate.Outage;

    /// <summary>Called once when the ledger goes away, with the reason, and once when it is back, with null.</summary>
    public Action<LedgerOutage?>? OutageChanged { get; set; }

    /// <summary>No second attempts any more: what cannot be said at once is left unsaid.</summary>
    public bool IsClosing => _closing.IsCancellationRequested;

    /// <summary>Cancelled once it <see cref="IsClosing"/>.</summary>
    public CancellationToken Closing { get; }

    /// <summary>From now on <see cref="IsClosing"/>.</summary>
    public void Close() => _closing.Cancel();

    public LedgerFigures Figures => _trouble.AddTo(_gate.Figures);

    /// <summary>How the ledger is, and was a moment ago.</summary>
    public LedgerState State => _gate.Outage is not null ? LedgerState.Away : _trouble.State;

    /// <summary>How long operations took lately, up to a request's wait: rises at once and falls slowly.</summary>
    public TimeSpan Takes => _gate.Takes;

    /// <summary>How long a request waits.</summary>
    public TimeSpan RequestWait => IsStarting ? _options.FirstAnswerWait : _options.RequestWait;

    /// <summary>Requests were told that an operation takes too long.</summary>
    public void NoteOverdue() => _trouble.Overdue();

    /// <summary>Has an operation applied, however long that takes.</summary>
    /// <param name="partition">Whose.</param>
    /// <param name="operation">It is sent unchanged however often it takes.</param>
    /// <param name="onDelay">Called when the answer will not come soon.</param>
    /// <param name="stopping">Gives up.</param>
    /// <returns>Null where the operation was given up.</returns>
    public async Task<LedgerAnswer?> ApplyAsync(
        string partition, QuotaOperation operation, Action onDelay, CancellationToken stopping)
    {
        NoteAsked();
        var (sent, firstBegan, uncertainty) = (Instant.Never, Instant.Never, TimeSpan.Zero);
        for (var pause = Pauses.First; ; pause = Pauses.After(pause))
        {
            if (IsClosing && _gate.IsAway)
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
                    _gate.Leave();
                    return null;
                }
                var result = await InTimeAsync(
                    _options.OperationTimeout, within => _ledger.ApplyAsync(partition, operation, asked, within), stopping);
                _hasAnswered = true;
                _gate.Answered(_clock.Steady - began);
                return new(result, Instant.Min(sent, asked), asked, uncertainty);
            }
            catch (EntityUnreadableException)
            {
                // No outage: everybody else is served. Until an operator resets it, this partition is not.
                _gate.Answered();
                onDelay();
                atLeast = Pauses.Longest;
            }
            catch (LedgerContendedException)
            {
                // No outage either. The others are served, and would sell what is admitted here by guessing.
                _gate.Answered();
                _trouble.Contended();
                onDelay();
                atLeast = default;
            }
            catch (LedgerSlowException)
            {
                _gate.Answered();
                if (!IsStarting)
                {
                    _trouble.Slow();
                    onDelay();
                }
                atLeast = default;
            }
            // Whatever a ledger throws, an operation that nobody repeats would keep its callers waiting for ever.
            catch (Exception e)
            {
                stopping.ThrowIfCancellationRequested();
                atLeast = Pauses.AskedForBy(e);
                Failed(partition, operation, began, e, atLeast);
            }
            if (!await PausesAsync(pause, atLeast, stopping))
                return null;
        }
    }

    /// <summary>Looks at a partition, once.</summary>
    /// <returns>Null where the ledger is away, busy or fails.</returns>
    public async Task<QuotaResult?> PeekAsync(string partition, QuotaOperation operation, CancellationToken cancellationToken) =>
        _gate.TryEnter() ? await LookAsync(partition, operation, cancellationToken) : null;

    public void Dispose()
    {
        _gate.Dispose();
        _closing.Dispose();
    }

    // Once: where it does not answer in that time, nobody waits so long again.
    private bool IsStarting
    {
        get
        {
            if (_hasAnswered || _options.FirstAnswerWait <= _options.RequestWait)
                return false;
            lock (_startLock)
                return _firstAsked == Instant.Never || _clock.Steady - _firstAsked < _options.FirstAnswerWait;
        }
    }

    private void NoteAsked()
    {
        if (_hasAnswered)
            return;
        lock (_startLock)
            _firstAsked = Instant.Min(_firstAsked, _clock.Steady);
    }

    private Task TakeTurnAsync(bool first, Action onDelay, CancellationToken stopping)
    {
        var turn = _gate.EnterAsync(first, out var isAway, stopping);
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
            _gate.Answered();
            return result;
        }
        catch (EntityUnreadableException)
        {
            _gate.Answered();
            return null;
        }
        catch (Exception)
        {
            // That it failed is no sign of an outage: only operations are repeated until it is over.
            _gate.Leave();
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }
    }

    private void Failed(string partition, QuotaOperation operation, Instant began, Exception e, TimeSpan retryAfter)
    {
        _lastFailed = new(partition, operation);
        if (_gate.Failed(partition, began, ReasonOf(e), retryAfter))
            _ = LookForSecondOpinionAsync(operation);
    }

    // One partition alone does not show that the ledger is away. Nobody has this one, so that nothing crowds it.
    private async Task LookForSecondOpinionAsync(QuotaOperation operation)
    {
        var began = _clock.Steady;
        try
        {
            await InTimeAsync(
                _options.RequestWait, within => _ledger.PeekAsync(Nobody, operation, _clock.Now, within), _closing.Token);
            _gate.Answered();
        }
        catch (Exception e)
        {
            Failed(Nobody, operation, began, e, default);
        }
        _gate.HaveSecondOpinion();
    }

    private void LookAgain()
    {
        var (partition, operation) = _lastFailed!;
        _ = LookAsync(partition, operation, CancellationToken.None);
    }

    private void Change(LedgerOutage? outage)
    {
        if (outage is null)
            _trouble.Forget();
        OutageChanged?.Invoke(outage);
    }

    /// <summary>Waits until a failed operation may be repeated; while the ledger is away the line is all the wait there is.</summary>
    /// <returns>False where it must not be.</returns>
    private async Task<bool> PausesAsync(TimeSpan pause, TimeSpan atLeast, CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token, stopping);
        while (!IsClosing && !_gate.IsAway)
        {
            await Task.Delay(_gate.DrawPause(pause, atLeast), _time, either.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            stopping.ThrowIfCancellationRequested();
            if (_gate.TryRepeat())
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
