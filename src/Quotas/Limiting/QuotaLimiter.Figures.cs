namespace FunctionsApi.Quotas.Limiting;

/// <summary>What the limiter tells those who watch it.</summary>
public sealed partial class QuotaLimiter
{
    /// <summary>
    /// What this instance holds at the moment. Looks at every partition that holds something: for once in a while, not for
    /// each request.
    /// </summary>
    public LeaseFigures Leases
    {
        get
        {
            var permits = new Dictionary<string, long>();
            var (partitions, waiting) = (0, 0);
            foreach (var entry in _watched)
                using (entry.Enter())
                {
                    partitions += entry.AddLeases(permits) ? 1 : 0;
                    waiting += entry.WaiterCount;
                }
            return new(partitions, waiting, permits);
        }
    }
}

/// <param name="Partitions">Those with a lease.</param>
/// <param name="Waiting">Requests that wait for the ledger.</param>
/// <param name="Permits">Leased and not spent; for concurrency leased and not in use. By policy.</param>
public sealed record LeaseFigures(int Partitions, int Waiting, IReadOnlyDictionary<string, long> Permits);
