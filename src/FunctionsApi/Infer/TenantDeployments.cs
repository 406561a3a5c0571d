using System.Text;

namespace FunctionsApi.Infer;

/// <summary>
/// One tenant's deployments as this process last read them. Asked after 10 s, they are read again behind the answer;
/// after 30 s (the tenant was quiet), before it. An id that is not among them is looked for again at most once a
/// second, so that a new deployment is found at once and guessing ids costs the store next to nothing.
/// </summary>
/// <param name="tenant">Whose.</param>
/// <param name="table">Where they are.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Is told of what cannot be read.</param>
/// <param name="changed">Called when they take more or less memory than before.</param>
internal sealed partial class TenantDeployments(
    string tenant, DeploymentTable table, TimeProvider time, ILogger log, Action<TenantDeployments> changed)
{
    private static readonly TimeSpan RefreshAge = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan UnknownIdAge = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private volatile Snapshot? _snapshot;
    private Task<Snapshot>? _reading;

    public string Tenant { get; } = tenant;

    /// <summary>About what this takes in memory.</summary>
    public long Bytes => 500 + (_snapshot?.Bytes ?? 0);

    /// <summary>Completes at once, and allocates nothing, while what was read is fresh.</summary>
    /// <param name="id">UTF-8.</param>
    public ValueTask<Deployment?> FindAsync(ReadOnlySpan<byte> id)
    {
        // Longer than any id that exists, and than what is worth copying.
        if (id.Length > DeploymentRules.MaxIdLength)
            return default;
        if (_snapshot is not { } snapshot)
            return FindAfterReadingAsync(id.ToArray());
        var found = snapshot.Find(id);
        var age = time.GetElapsedTime(snapshot.ReadAt);
        if (age >= (found is null ? UnknownIdAge : MaxAge))
            return FindAfterReadingAsync(id.ToArray());
        if (age >= RefreshAge)
            _ = ReadAsync();
        return new(found);
    }

    private async ValueTask<Deployment?> FindAfterReadingAsync(byte[] id)
    {
        var snapshot = await ReadAsync();
        return snapshot.Find(id);
    }

    private Task<Snapshot> ReadAsync()
    {
        lock (_lock)
            return _reading is { IsCompleted: false } reading ? reading : _reading = ReadNowAsync(_snapshot);
    }

    private async Task<Snapshot> ReadNowAsync(Snapshot? last)
    {
        var readAt = time.GetTimestamp();
        try
        {
            var deployments = await table.ReadAsync(
                Tenant, broken: (id, error) => Log.LeftOut(log, id, Tenant, error), CancellationToken.None);
            var snapshot = new Snapshot(Tenant, deployments, last, readAt);
            _snapshot = snapshot;
            if (snapshot.Bytes != last?.Bytes)
                changed(this);
            return snapshot;
        }
        catch (Storage.TableStoreException exception) when (last is not null)
        {
            // What was true a moment ago serves better than no answer; asked again in RefreshAge, not with every request.
            Log.KeptLast(log, exception, Tenant);
            return _snapshot = new Snapshot(last, readAt);
        }
    }

    private sealed class Snapshot
    {
        private readonly Dictionary<string, Deployment> _byId;
        private readonly Dictionary<string, Deployment>.AlternateLookup<ReadOnlySpan<char>> _bySpan;

        public Snapshot(string tenant, IReadOnlyList<Deployment> deployments, Snapshot? last, long readAt)
        {
            ReadAt = readAt;
            _byId = new Dictionary<string, Deployment>(deployments.Count + 1, StringComparer.Ordinal)
            {
                [Deployment.EchoId] = last?.KeptOrNull(Deployment.EchoId, version: "") ?? Deployment.ImplicitEcho(tenant),
            };
            // An unchanged deployment stays the same object: its circuit breaker's state hangs on it.
            foreach (var deployment in deployments)
                _byId[deployment.Id] = last?.KeptOrNull(deployment.Id, deployment.Version) ?? deployment;
            _bySpan = _byId.GetAlternateLookup<ReadOnlySpan<char>>();
            Bytes = _byId.Values.Sum(deployment => deployment.Bytes);
        }

        public Snapshot(Snapshot last, long readAt)
        {
            ReadAt = readAt;
            _byId = last._byId;
            _bySpan = last._bySpan;
            Bytes = last.Bytes;
        }

        public long Bytes { get; }

        /// <summary>When reading began, as <see cref="TimeProvider.GetTimestamp"/> says it.</summary>
        public long ReadAt { get; }

        public Deployment? Find(ReadOnlySpan<byte> id)
        {
            Span<char> characters = stackalloc char[DeploymentRules.MaxIdLength];
            var length = Encoding.Latin1.GetChars(id, characters);
            return _bySpan.TryGetValue(characters[..length], out var deployment) ? deployment : null;
        }

        private Deployment? KeptOrNull(string id, string version) =>
            _byId.TryGetValue(id, out var kept) && kept.Version == version ? kept : null;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The deployments of tenant {Tenant} cannot be read; those last read stay in force.")]
        public static partial void KeptLast(ILogger logger, Exception exception, string tenant);

        [LoggerMessage(2, LogLevel.Warning, "Deployment {Id} of tenant {Tenant} is left out until it is set again: {Error}")]
        public static partial void LeftOut(ILogger logger, string id, string tenant, string error);
    }
}
