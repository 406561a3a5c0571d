using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Simulator.Tests.Invariants;

/// <summary>
/// A request in flight is covered as long as the lease that the ledger has on record for its instance has not lapsed since
/// it was admitted. Those that are covered are never more than the limit, and nothing is admitted without a lease. A lease
/// lapses under a request only if its instance could not renew it, because it had ended or the store was away.
/// </summary>
internal sealed class RequestsInFlightAreCovered : Invariant
{
    public override IEnumerable<string> Broken(Run run)
    {
        if (run.History.HadOverdrafts && run.Scenario.Options.WhenLedgerUnavailable == WhenLedgerUnavailable.Admit)
            return [];
        return Policies(run, Algorithm.Concurrency).SelectMany(pair => new Replay(run, pair.Place, pair.Policy).Broken());
    }

    private sealed class Replay(Run run, int place, Policy policy)
    {
        private readonly Dictionary<int, InstanceId> _ids = [];
        private readonly Dictionary<string, ConcurrencyCounter> _records = [];
        private readonly List<Request> _covered = [];

        public IEnumerable<string> Broken()
        {
            foreach (var happened in run.History.Events)
                switch (happened)
                {
                    case Started started:
                        _ids.Add(started.Instance, started.Id);
                        break;
                    case Ended { Politely: false } ended:
                        _covered.RemoveAll(request => request.Instance == ended.Instance);
                        break;
                    case Released released:
                        _covered.Remove(released.Request);
                        break;
                    case StorageDone { Written: { } entity } done:
                        Write(done, entity);
                        break;
                    case Decided decided when decided.Request.PermitsOf(place) > 0:
                        foreach (var broken in Admit(decided.At, decided.Request))
                            yield return broken;
                        break;
                }
        }

        private void Write(StorageDone done, QuotaEntity entity)
        {
            if (_records.TryGetValue(done.Partition, out var before))
                foreach (var lease in before.Leases.Where(lease => lease.Expires <= entity.LastTime))
                    _covered.RemoveAll(request => request.Partition == done.Partition && _ids[request.Instance] == lease.Instance);
            if (entity.Counters.OfType<ConcurrencyCounter>().FirstOrDefault(counter => counter.Policy == policy.Name) is { } counter)
                _records[done.Partition] = counter;
        }

        private IEnumerable<string> Admit(Instant at, Request request)
        {
            var instance = _ids[request.Instance];
            var leases = _records.TryGetValue(request.Partition, out var counter) ? counter.Leases : [];
            var lease = leases.FirstOrDefault(lease => lease.Instance == instance);
            if (lease.Permits == 0)
            {
                yield return $"{request}, {policy.Name}: admitted at {at} without a lease";
                yield break;
            }

            _covered.Add(request);
            var own = _covered.Where(other => other.Partition == request.Partition && other.Instance == request.Instance).Sum(Permits);
            if (own > lease.Permits)
                yield return $"{request}, {policy.Name}: {own} in flight on a lease of {lease.Permits} at {at}";
            var all = _covered.Where(other => other.Partition == request.Partition).Sum(Permits);
            if (all > policy.Limit)
                yield return $"{request}, {policy.Name}: {all} in flight at {at}, limit {policy.Limit}";
        }

        private int Permits(Request request) => request.PermitsOf(place);
    }
}
