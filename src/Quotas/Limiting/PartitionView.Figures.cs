using System.Runtime.InteropServices;

namespace FunctionsApi.Quotas.Limiting;

/// <summary>What a partition tells those who watch it.</summary>
internal sealed partial class PartitionView
{
    public int WaiterCount => _traffic?.Waiters.Count ?? 0;

    /// <summary>Adds the permits in hand, by policy.</summary>
    /// <returns>Whether there are any.</returns>
    public bool AddLeases(Dictionary<string, long> permits)
    {
        var any = false;
        for (var i = 0; i < _slots.Count; i++)
            if (_slots[i] is { InHand: > 0 and var inHand })
            {
                CollectionsMarshal.GetValueRefOrAddDefault(permits, Policies.Policies[i].Name, out _) += inHand;
                any = true;
            }
        return any;
    }
}
