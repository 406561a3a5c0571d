using System.Collections.Concurrent;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Limiting;

namespace FunctionsApi.Ledgers;

/// <summary>
/// The ledger on durable entities, one for each partition. An operation is first tried on what is committed: where it changes
/// nothing that is the answer, and callers who are refused cost a read. Otherwise, and where it reports something, it is sent to the entity as a signal, and what
/// is committed is looked at until the operation stands in it.
/// </summary>
/// <remarks>
/// A signal may arrive long after its sender has given up. An instance has one operation of a partition in flight, and their ids
/// grow: until the last one that was sent is known to stand, no look is an answer and every further operation is sent too, so that
/// what arrives late finds itself overtaken, and no permits are granted to an instance that does not know of them.
/// </remarks>
internal sealed partial class DurableLedger(
    IEntityHub hub, EntityRuns runs, TimeProvider time, ILogger<DurableLedger>? logger = null) : ILedger, IDisposable
{
    /// <summary>
    /// How long an attempt may take before it counts as failed; longer than <see cref="StandsWithin"/>, so that it does only where
    /// the hub does not answer.
    /// </summary>
    public static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long requests wait at an instance's start, when the host may not have said where its hub is yet, nor taken the hub's queues.
    /// No longer than the 10 s that they wait for the program itself to start.
    /// </summary>
    public static readonly TimeSpan FirstAnswerWait = TimeSpan.FromSeconds(8);

    /// <summary>
    /// Attempts at once. Those whose partition of the task hub moves wait for some 40 s and must not stand in the way of all others;
    /// their reads and signals are bounded by themselves.
    /// </summary>
    public const int MostOperations = 4_096;

    // A partition of the task hub moves to another host within 40 s after its host died, and what was sent meanwhile is not lost.
    private static readonly TimeSpan StandsWithin = TimeSpan.FromSeconds(50);

    /// <summary>A read or a signal that takes longer has failed.</summary>
    private static readonly TimeSpan HubAnswersWithin = TimeSpan.FromSeconds(5);

    /// <summary>Reads and signals on their way at once; operations wait for their turn.</summary>
    private const int MostInFlight = 64;

    /// <summary>Looks need no lease and nobody's turn: so many at once, and the operations that requests wait for go before.</summary>
    private const int MostLooksInFlight = 32;

    /// <summary>
    /// More operations that nobody is known to have seen are not remembered. To forget one costs permits at the most: where it
    /// stands in the end, they are leased to an instance that does not know of them.
    /// </summary>
    private const int MostUnsettled = 10_000;

    // A committed signal was never seen to be lost, and a stale write may hide what it did: the same one again shows it. While a
    // partition moves to another host, for some 40 s, each of them only adds to what that host finds.
    private static readonly TimeSpan FirstSentAgainAfter = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, Unsettled> _unsettled = new();
    private readonly SemaphoreSlim _turns = new(MostInFlight);
    private readonly SemaphoreSlim _looks = new(MostLooksInFlight);

    // Where the last entity ran in this process the next one is likely to, and tells.
    private volatile bool _runsHere;

    /// <inheritdoc/>
    public async Task<QuotaResult> ApplyAsync(
        string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var isUnsettled = _unsettled.ContainsKey(partition);
        // What reports something changes every entity: a look before it is sent would only show that.
        if (isUnsettled || !operation.ReportsAnything())
        {
            var entity = await ReadAsync(partition, cancellationToken);
            if (entity.Remembers(operation))
                return Settle(partition, entity.Apply(operation, now).Result);
            var (after, result) = entity.Apply(operation, now);
            if (ReferenceEquals(after, entity) && !isUnsettled)
                return result;
        }

        var ran = runs.NextAsync(partition);
        try
        {
            var entity = await SendUntilItStandsAsync(partition, operation, now, began, ran, cancellationToken);
            _runsHere = ran.IsCompleted;
            return Settle(partition, entity.Apply(operation, now + time.GetElapsedTime(began)).Result);
        }
        finally
        {
            runs.Forget(partition);
        }
    }

    private async Task<QuotaEntity> SendUntilItStandsAsync(
        string partition, QuotaOperation operation, Instant now, long began, Task ran, CancellationToken cancellationToken)
    {
        for (var pauses = new LookPauses(_runsHere); ;)
        {
            if (time.GetElapsedTime(began) >= StandsWithin)
                throw new LedgerSlowException($"The task hub answers, and an operation of '{partition}' does not stand after {StandsWithin.TotalSeconds} s.");
            if (IsDue(partition, operation))
                await SendAsync(partition, operation, now, cancellationToken);
            pauses = await PauseAsync(pauses, ran, cancellationToken);
            var entity = await ReadAsync(partition, cancellationToken);
            if (entity.Remembers(operation))
                return entity;
        }
    }

    /// <inheritdoc/>
    public async Task<QuotaResult> PeekAsync(
        string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken)
    {
        await _looks.WaitAsync(cancellationToken);
        try
        {
            return (await ReadAsync(partition, cancellationToken)).Peek(operation, now);
        }
        finally
        {
            _looks.Release();
        }
    }

    public void Dispose()
    {
        _turns.Dispose();
        _looks.Dispose();
    }

    private QuotaResult Settle(string partition, QuotaResult result)
    {
        _unsettled.TryRemove(partition, out _);
        return result;
    }

    private bool IsDue(string partition, QuotaOperation operation) =>
        !_unsettled.TryGetValue(partition, out var sent)
        || sent.Operation != operation.Id
        || sent.Times == 0
        || time.GetElapsedTime(sent.At) >= FirstSentAgainAfter * Math.Pow(2, sent.Times - 1);

    private async Task SendAsync(string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken)
    {
        var sent = _unsettled.TryGetValue(partition, out var before) && before.Operation == operation.Id
            ? before with { At = time.GetTimestamp(), Times = before.Times + 1 }
            : new(operation.Id, time.GetTimestamp(), 1);
        // Noted first: where sending fails, nobody knows whether it was sent.
        _unsettled[partition] = sent;
        if (_unsettled.Count > MostUnsettled)
            ForgetOldest();
        try
        {
            await InTurnAsync(within => hub.SignalAsync(partition, EntitySignal.Apply(operation, now), within), cancellationToken);
        }
        catch (Exception)
        {
            // Likely it was not: it is sent again as soon as the operation is repeated.
            _unsettled[partition] = sent with { Times = 0 };
            throw;
        }
    }

    // Some at once, so that not every further operation has to find the oldest.
    private void ForgetOldest()
    {
        foreach (var oldest in _unsettled.ToArray().OrderBy(unsettled => unsettled.Value.At).Take(MostUnsettled / 10))
            _unsettled.TryRemove(oldest);
    }

    private async Task<LookPauses> PauseAsync(LookPauses pauses, Task ran, CancellationToken cancellationToken)
    {
        var hadRun = ran.IsCompleted;
        if (hadRun)
            await Task.Delay(pauses.Next, time, cancellationToken);
        else
            await ran.WaitAsync(pauses.Next, time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        cancellationToken.ThrowIfCancellationRequested();
        if (hadRun || !ran.IsCompleted)
            return pauses.After();
        await Task.Delay(LookPauses.Commit, time, cancellationToken);
        return LookPauses.AfterRun;
    }

    private async Task<QuotaEntity> ReadAsync(string partition, CancellationToken cancellationToken)
    {
        string? text = null;
        await InTurnAsync(async within => text = await hub.ReadAsync(partition, within), cancellationToken);
        try
        {
            return text is null ? QuotaEntity.Empty : EntityText.Read(text);
        }
        catch (InvalidDataException e)
        {
            var message = $"The counters of '{partition}' cannot be read: {e.Message} 'quotas reset {partition}' starts them anew.";
            if (logger is not null)
                Log.Unreadable(logger, message);
            throw new EntityUnreadableException(message, e);
        }
    }

    private async Task InTurnAsync(Func<CancellationToken, Task> ask, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken);
        using var patience = new CancellationTokenSource(HubAnswersWithin, time);
        using var within = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await ask(within.Token);
        }
        catch (OperationCanceledException e) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new LedgerUnavailableException($"The task hub does not answer within {HubAnswersWithin.TotalSeconds} s.", e);
        }
        finally
        {
            _turns.Release();
        }
    }

    /// <param name="Operation">The last one of this instance that was sent and is not known to stand.</param>
    /// <param name="At">When it was sent last.</param>
    /// <param name="Times">How often; 0 where sending failed.</param>
    private readonly record struct Unsettled(long Operation, long At, int Times);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Reason}")]
        public static partial void Unreadable(ILogger logger, string reason);
    }
}
