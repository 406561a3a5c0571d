namespace FunctionsApi.Benchmarks.Clusters;

/// <summary>Requests to a store.</summary>
/// <param name="Quota">For decisions: the ledger's rows in Azure Tables, or scripts in Redis.</param>
/// <param name="Keys">For API keys.</param>
/// <param name="Other">For usage, and for news of tenants, plans and revocations. A batch is one.</param>
internal readonly record struct Operations(long Quota, long Keys = 0, long Other = 0)
{
    public long All => Quota + Keys + Other;

    public static Operations operator +(Operations a, Operations b) => new(a.Quota + b.Quota, a.Keys + b.Keys, a.Other + b.Other);

    public static Operations operator -(Operations a, Operations b) => new(a.Quota - b.Quota, a.Keys - b.Keys, a.Other - b.Other);
}
