// A request says no more than that its caller was there: with no tenant that has rules, by reading one field. Which permits are left is
// looked at every few seconds, for those callers alone (ThresholdWatch).

using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using FunctionsApi.Auth;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Alerts;

/// <summary>Which callers with rules have sent requests since it was last asked. Any number of threads note at once.</summary>
internal sealed class ActiveCallers(AlertDirectory alerts)
{
    private readonly ConditionalWeakTable<Caller, Mark> _marks = [];
    private readonly ConcurrentQueue<ActiveCaller> _active = new();

    /// <summary>Whether any tenant has rules; otherwise there is nothing to note.</summary>
    public bool AnyRules => alerts.Now.Tenants.Count > 0;

    /// <summary>Neither locks nor allocates but for a caller's first request in a while.</summary>
    public void Note(Caller caller, ApiKind api)
    {
        var now = alerts.Now;
        var mark = _marks.GetOrCreateValue(caller);
        if (!ReferenceEquals(mark.Alerts, now))
            (mark.IsWatched, mark.Alerts) = (now.RulesOf(caller.Tenant).Any(), now);
        if (mark.IsWatched && mark.TrySet(api))
            _active.Enqueue(new(caller, api));
    }

    public IReadOnlyList<ActiveCaller> TakeAll()
    {
        List<ActiveCaller> taken = [];
        for (var left = _active.Count; left > 0 && _active.TryDequeue(out var active); left--)
        {
            // The mark goes before the look, so that a request that comes during it is looked at the next time.
            _marks.GetOrCreateValue(active.Caller).Clear(active.Api);
            taken.Add(active);
        }

        return taken;
    }

    private sealed class Mark
    {
        private int _apis;

        public volatile AlertDirectory.Snapshot? Alerts;

        public volatile bool IsWatched;

        public bool TrySet(ApiKind api)
        {
            var bit = 1 << (int)api;
            return (Volatile.Read(ref _apis) & bit) == 0 && (Interlocked.Or(ref _apis, bit) & bit) == 0;
        }

        public void Clear(ApiKind api) => Interlocked.And(ref _apis, ~(1 << (int)api));
    }
}

/// <summary>Who has sent a request to which API.</summary>
internal readonly record struct ActiveCaller(Caller Caller, ApiKind Api);
