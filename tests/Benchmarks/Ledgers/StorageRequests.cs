using System.Diagnostics.Tracing;

namespace FunctionsApi.Benchmarks.Ledgers;

/// <summary>
/// Counts the requests that this process makes to an account of Azure Storage, but for those that put messages and get them: what is written of a
/// request does not tell them from looks at an empty queue. Nor are leases of hub partitions counted.
/// </summary>
internal sealed class StorageRequests : EventListener
{
    private int _counted;

    public int Counted => Volatile.Read(ref _counted);

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "System.Net.Http")
            EnableEvents(eventSource, EventLevel.Informational);
    }

    // scheme, host, port, path and query, version, policy; of the query, only that there is one.
    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName == "RequestStart" && eventData.Payload is [_, _, _, string path, ..]
            && path.StartsWith("/devstoreaccount1", StringComparison.Ordinal)
            && !path.Contains("/messages?", StringComparison.Ordinal) && !path.Contains("Partitions", StringComparison.Ordinal)
            && !path.Contains("applease", StringComparison.Ordinal))
            Interlocked.Increment(ref _counted);
    }
}
