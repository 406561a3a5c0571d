using FunctionsApi.Quotas;

namespace FunctionsApi.Simulator;

/// <summary>Counts what the store is asked to do.</summary>
internal sealed class StorageMeter(Timeline timeline) : IStoreLog
{
    private readonly Dictionary<string, int> _ofPartition = [];
    private Instant _secondEnds;
    private int _inSecond;

    public long Operations { get; private set; }

    /// <summary>Writes that failed because another instance had written meanwhile.</summary>
    public long Conflicts { get; private set; }

    /// <summary>Within one second.</summary>
    public int MostInASecond { get; private set; }

    /// <inheritdoc cref="MostInASecond"/>
    public int MostInASecondOfOnePartition { get; private set; }

    /// <summary>Whether what is sent and done now is counted.</summary>
    public bool IsMeasuring { get; set; }

    public void Sent(StorageRequest request)
    {
        if (!IsMeasuring)
            return;
        if (timeline.Now >= _secondEnds)
        {
            _ofPartition.Clear();
            _inSecond = 0;
            _secondEnds = timeline.Now + TimeSpan.FromSeconds(1);
        }
        Operations++;
        MostInASecond = Math.Max(MostInASecond, ++_inSecond);
        var ofPartition = _ofPartition.GetValueOrDefault(request.Partition) + 1;
        _ofPartition[request.Partition] = ofPartition;
        MostInASecondOfOnePartition = Math.Max(MostInASecondOfOnePartition, ofPartition);
    }

    public void Done(StorageRequest request, bool isConflict) => Conflicts += IsMeasuring && isConflict ? 1 : 0;
}
