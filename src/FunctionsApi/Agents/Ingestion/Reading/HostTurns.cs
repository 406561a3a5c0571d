namespace FunctionsApi.Agents.Ingestion.Reading;

/// <summary>Lets this process make one request at a time to a host, with a pause after each, whichever jobs want something of it.</summary>
internal sealed class HostTurns(TimeProvider time)
{
    /// <summary>How often a waiting run is asked whether to go on waiting.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromSeconds(10);

    private const int MaxIdle = 1000;

    private readonly Dictionary<string, Host> _hosts = new(StringComparer.OrdinalIgnoreCase);

    private DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Waits until the host is free and has had its pause.</summary>
    /// <param name="host">Its name, and its port where that is not the usual one.</param>
    /// <param name="pause">How long it is to be left alone after each request.</param>
    /// <param name="keep">Called while it waits; what it throws ends the waiting.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>To be disposed when the answer is there.</returns>
    public async Task<Turn> TakeAsync(string host, TimeSpan pause, Func<CancellationToken, Task> keep, CancellationToken cancellationToken)
    {
        var entry = Enter(host);
        try
        {
            while (!await TryTakeAsync(entry, cancellationToken))
                await keep(cancellationToken);
            try
            {
                while (entry.FreeAt(pause) - Now is var left && left > TimeSpan.Zero)
                {
                    await Task.Delay(left < Step ? left : Step, time, cancellationToken);
                    await keep(cancellationToken);
                }
            }
            catch
            {
                entry.Free.Release();
                throw;
            }

            return new(this, entry);
        }
        catch
        {
            Leave(entry);
            throw;
        }
    }

    private async Task<bool> TryTakeAsync(Host entry, CancellationToken cancellationToken)
    {
        if (await entry.Free.WaitAsync(TimeSpan.Zero, cancellationToken))
            return true;
        using var step = new CancellationTokenSource(Step, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(step.Token, cancellationToken);
        try
        {
            await entry.Free.WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private Host Enter(string host)
    {
        lock (_hosts)
        {
            if (!_hosts.TryGetValue(host, out var entry))
            {
                if (_hosts.Count >= MaxIdle)
                    Forget_NeedsLock();
                _hosts.Add(host, entry = new());
            }

            entry.Users++;
            return entry;
        }
    }

    private void Leave(Host entry)
    {
        lock (_hosts)
            entry.Users--;
    }

    private void Forget_NeedsLock()
    {
        foreach (var (name, _) in _hosts.Where(host => host.Value.Users == 0).ToList())
            _hosts.Remove(name);
    }

    /// <summary>A host's turn.</summary>
    internal sealed class Turn(HostTurns turns, Host host) : IDisposable
    {
        /// <summary>Leaves the host alone for longer than its usual pause, once.</summary>
        public void PauseFor(TimeSpan pause) => host.NotBefore = turns.Now + pause;

        public void Dispose()
        {
            host.EndedAt = turns.Now;
            host.Free.Release();
            turns.Leave(host);
        }
    }

    internal sealed class Host
    {
        public SemaphoreSlim Free { get; } = new(1);

        public int Users { get; set; }

        public DateTimeOffset? EndedAt { get; set; }

        public DateTimeOffset? NotBefore { get; set; }

        public DateTimeOffset FreeAt(TimeSpan pause)
        {
            var free = EndedAt is { } ended ? ended + pause : DateTimeOffset.MinValue;
            return NotBefore > free ? NotBefore.Value : free;
        }
    }
}
