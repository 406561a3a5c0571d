namespace FunctionsApi.Simulator;

/// <summary>What was measured of a fleet.</summary>
internal sealed record FleetReport(FleetSettings Settings)
{
    /// <summary>What Azure Table Storage serves in a second; see its scalability targets.</summary>
    public const int MostOperationsOfPartition = 2_000;

    /// <inheritdoc cref="MostOperationsOfPartition"/>
    public const int MostOperationsOfAccount = 20_000;

    public required long Requests { get; init; }

    public required long Admitted { get; init; }

    public required long Refused { get; init; }

    /// <summary>Answered that the ledger was away.</summary>
    public required long Unavailable { get; init; }

    /// <summary>Requests that waited for the ledger.</summary>
    public required long Waited { get; init; }

    /// <summary>Of those that waited.</summary>
    public required TimeSpan WaitP50 { get; init; }

    /// <inheritdoc cref="WaitP50"/>
    public required TimeSpan WaitP99 { get; init; }

    /// <inheritdoc cref="UnusableQuota"/>
    public required double UnusableShare { get; init; }

    public required long StorageOperations { get; init; }

    public required long Conflicts { get; init; }

    public required int MostOperationsInASecond { get; init; }

    public required int MostOperationsInASecondOfOnePartition { get; init; }

    public double OperationsPerSecond => StorageOperations / Settings.Length.TotalSeconds;

    public double OperationsPerThousandAdmissions => Admitted == 0 ? 0 : 1000.0 * StorageOperations / Admitted;

    public double WaitedShare => Share(Waited);

    public double RefusedShare => Share(Refused);

    public double ConflictShare => StorageOperations == 0 ? 0 : (double)Conflicts / StorageOperations;

    /// <param name="pricePerTenThousand">Of storage operations, in dollars.</param>
    public double DollarsPerMillionRequests(double pricePerTenThousand) =>
        Requests == 0 ? 0 : (double)StorageOperations / Requests * 1_000_000 / 10_000 * pricePerTenThousand;

    public IEnumerable<string> Warnings()
    {
        if (MostOperationsInASecondOfOnePartition > MostOperationsOfPartition)
            yield return $"One key's row is asked for {MostOperationsInASecondOfOnePartition:N0} times in a second; Table Storage serves {MostOperationsOfPartition:N0} of one partition.";
        if (MostOperationsInASecond > MostOperationsOfAccount)
            yield return $"The store is asked for {MostOperationsInASecond:N0} operations in a second; Table Storage serves {MostOperationsOfAccount:N0} of one account.";
        if (Unavailable > 0)
            yield return $"{Unavailable:N0} requests were decided without the ledger, which did not answer them within 2 s.";
    }

    private double Share(long part) => Requests == 0 ? 0 : (double)part / Requests;
}
