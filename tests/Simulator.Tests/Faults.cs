using System.Collections.Immutable;

namespace FunctionsApi.Simulator.Tests;

/// <summary>How the network and the store behave while there is load; afterwards all is well but the latency.</summary>
internal sealed record Faults
{
    /// <summary>In the middle; both ways together.</summary>
    public required TimeSpan Latency { get; init; }

    /// <summary>How much latencies differ: the deviation of their logarithm.</summary>
    public double Jitter { get; init; }

    public double Lost { get; init; }

    public double AnswerLost { get; init; }

    public double Refused { get; init; }

    /// <summary>Arrives once more, up to 10 s later.</summary>
    public double Duplicated { get; init; }

    /// <summary>Arrives up to 10 s late, after later ones.</summary>
    public double Late { get; init; }

    public ImmutableArray<StoreOutage> Outages { get; init; } = [];

    public bool AreNone => Lost + AnswerLost + Refused + Duplicated + Late == 0 && Outages.IsEmpty;

    public Delivery Draw(Random random, TimeSpan since, int instance)
    {
        var latency = DrawLatency(random);
        var outage = Outages.FirstOrDefault(outage => outage.Holds(since, instance));
        if (outage is not null)
            return Delivery.After(latency) with { IsLost = outage.Hangs, Refusal = outage.Hangs ? null : "The store is away." };
        var delivery = Delivery.After(latency) with
        {
            IsLost = random.NextDouble() < Lost,
            IsAnswerLost = random.NextDouble() < AnswerLost,
            Refusal = random.NextDouble() < Refused ? "The store is too busy." : null,
        };
        if (random.NextDouble() < Duplicated)
            delivery = delivery with { AgainAfter = TimeSpan.FromSeconds(10 * random.NextDouble()) };
        return random.NextDouble() < Late
            ? delivery with { There = TimeSpan.FromSeconds(10 * random.NextDouble()) }
            : delivery;
    }

    public Delivery DrawWell(Random random) => Delivery.After(DrawLatency(random));

    public override string ToString() =>
        $"latency {Latency.TotalMilliseconds:0} ms (jitter {Jitter:0.0}), lost {Lost:0.00}, answers lost {AnswerLost:0.00}, refused {Refused:0.00}, "
        + $"duplicated {Duplicated:0.00}, late {Late:0.00}, outages {string.Join(", ", Outages)}";

    private TimeSpan DrawLatency(Random random)
    {
        // A normal deviate, by Box and Muller.
        var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        var ms = Latency.TotalMilliseconds * Math.Exp(Jitter * normal);
        return TimeSpan.FromMilliseconds(Math.Clamp(ms, 1, 500));
    }
}

/// <summary>The store cannot be reached for a while.</summary>
/// <param name="From">Since when.</param>
/// <param name="Until">Until when.</param>
/// <param name="Hangs">Requests are not answered; else they fail at once.</param>
/// <param name="OnlyOdd">Only instances with an odd number are cut off.</param>
internal sealed record StoreOutage(TimeSpan From, TimeSpan Until, bool Hangs, bool OnlyOdd)
{
    public bool Holds(TimeSpan since, int instance) => since >= From && since < Until && (!OnlyOdd || instance % 2 == 1);
}
