using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Simulator;

/// <summary>What a fleet of instances is asked to do.</summary>
internal sealed record FleetSettings(Charge Charge)
{
    public int Instances { get; init; } = 20;

    public int Keys { get; init; } = 10_000;

    /// <inheritdoc cref="Simulator.Zipf(int, double)" path="/param[@name='exponent']"/>
    public double Zipf { get; init; } = 1.1;

    /// <summary>All keys and instances together.</summary>
    public int RequestsPerSecond { get; init; } = 1_000;

    /// <summary>Of a storage request, both ways together.</summary>
    public TimeSpan Latency { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>The ledger is on durable entities; else on rows of a table store.</summary>
    public bool OnEntities { get; init; }

    /// <summary>How long to measure, after <see cref="WarmUp"/>.</summary>
    public TimeSpan Length { get; init; } = TimeSpan.FromSeconds(60);

    public int Seed { get; init; } = 1;

    /// <summary>Until every instance has met the keys that it meets often; not measured.</summary>
    public static TimeSpan WarmUp { get; } = TimeSpan.FromSeconds(5);
}
