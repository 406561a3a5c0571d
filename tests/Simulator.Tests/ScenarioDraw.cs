using System.Collections.Immutable;
using FunctionsApi.Ledgers;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Simulator.Tests;

/// <summary>Draws scenarios: most are small, some are large, and one in three has nothing wrong with it at all.</summary>
internal sealed class ScenarioDraw(int seed)
{
    private const int MostRequests = 900;

    private static readonly int[] FixedSeconds = [1, 2, 5, 10, 30, 60, 3600];
    private static readonly int[] SlidingSeconds = [1, 2, 5, 10, 60];

    private readonly Random _random = new(seed);

    public static Scenario From(int seed) => new ScenarioDraw(seed).Draw();

    /// <summary>The same on durable entities, whose hub has troubles of its own.</summary>
    public static Scenario OnEntities(int seed)
    {
        var draw = new ScenarioDraw(seed);
        var scenario = draw.Draw();
        var length = scenario.Load.Aggregate(TimeSpan.Zero, (sum, phase) => sum + phase.For);
        return scenario with
        {
            Hub = draw.Hub(length),
            Options = scenario.Options with
            {
                OperationTimeout = DurableLedger.AnswersWithin,
                MostOperationsInFlight = scenario.Options.MostOperationsInFlight == 2 ? 2 : DurableLedger.MostOperations,
            },
        };
    }

    /// <summary>The same with nothing wrong but that a partition of the hub moves.</summary>
    public static Scenario OnMovingEntities(int seed)
    {
        var draw = new ScenarioDraw(seed);
        var scenario = OnEntities(seed);
        var length = scenario.Load.Aggregate(TimeSpan.Zero, (sum, phase) => sum + phase.For);
        return scenario with
        {
            Faults = draw.Well(),
            Endings = [],
            ClockSteps = [],
            Hub = scenario.Hub! with { Lost = 0, Again = 0, Moves = [draw.Move(length)] },
        };
    }

    private Scenario Draw()
    {
        var policies = Policies();
        var load = Load();
        var length = load.Aggregate(TimeSpan.Zero, (sum, phase) => sum + phase.For);
        var instances = Instances();
        var skewed = Chance(0.4);
        return new(seed)
        {
            Instances = instances,
            Keys = Chance(0.4) ? 1 : _random.Next(1, 20),
            Zipf = Chance(0.3) ? 0 : 1.5 * _random.NextDouble(),
            Policies = policies,
            Charges = [.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Charge(policies))],
            Load = load,
            InFlight = Seconds(LogUniform(0.005, 5)),
            Faults = Chance(0.4) ? Well() : Faulty(length),
            Endings = Chance(0.35) ? Endings(instances, length) : [],
            Skews = [.. Enumerable.Range(0, instances).Select(_ => skewed ? Skew() : TimeSpan.Zero)],
            ClockSteps = skewed && Chance(0.4)
                ? [.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => new ClockStep(_random.Next(instances), Within(length), Skew()))]
                : [],
            StoreTimeResolution = Chance(0.5) ? TimeSpan.Zero : TimeSpan.FromSeconds(1),
            Options = new()
            {
                WhenLedgerUnavailable = Chance(0.3) ? WhenLedgerUnavailable.Admit : WhenLedgerUnavailable.Deny,
                MostOperationsInFlight = Chance(0.15) ? 2 : 256,
            },
        };
    }

    private int Instances() => _random.NextDouble() switch
    {
        < 0.15 => 1,
        < 0.6 => _random.Next(2, 5),
        < 0.9 => _random.Next(5, 13),
        _ => _random.Next(13, 51),
    };

    private PolicySet Policies()
    {
        var all = new List<Policy>();
        for (var i = _random.Next(1, 5); i > 0; i--)
        {
            var algorithm = (Algorithm)_random.Next(3);
            if (algorithm != Algorithm.Concurrency || all.TrueForAll(policy => policy.Algorithm != algorithm))
                all.Add(Policy(algorithm, all.Count));
        }
        return new([.. all]);
    }

    private Policy Policy(Algorithm algorithm, int place)
    {
        var seconds = algorithm switch
        {
            Algorithm.FixedWindow => Pick(FixedSeconds),
            Algorithm.SlidingWindow => Pick(SlidingSeconds),
            _ => 0,
        };
        return new()
        {
            Name = $"{algorithm switch { Algorithm.FixedWindow => "fixed", Algorithm.SlidingWindow => "sliding", _ => "concurrency" }}-{place}",
            Algorithm = algorithm,
            Limit = (int)LogUniform(1, algorithm == Algorithm.Concurrency ? 40 : 300),
            Window = Seconds(seconds),
            Burst = algorithm == Algorithm.FixedWindow && Chance(0.35)
                ? new(_random.Next(2, 4), Seconds(_random.Next(1, Math.Min(10, seconds) + 1)))
                : null,
            Shadow = Chance(0.07),
        };
    }

    private Charge Charge(PolicySet set)
    {
        var items = set.Policies
            .Select((policy, place) => new ChargeItem(place, policy.Algorithm != Algorithm.Concurrency && Chance(0.25) ? _random.Next(0, 6) : 1))
            .Where(_ => Chance(0.8))
            .ToImmutableArray();
        return new(set, items.IsEmpty ? [new(0, 1)] : items);
    }

    private ImmutableArray<LoadPhase> Load()
    {
        var phases = new List<LoadPhase>();
        var requests = 0.0;
        for (var i = _random.Next(1, 6); i > 0 && requests < MostRequests; i--)
        {
            var length = Seconds(LogUniform(0.5, 25));
            var perSecond = Chance(0.2) ? 0 : Math.Min(LogUniform(0.5, 1000), (MostRequests - requests) / length.TotalSeconds);
            phases.Add(new(length, perSecond, Chance(0.5)));
            requests += perSecond * length.TotalSeconds;
        }
        return [.. phases];
    }

    private Faults Well() => new() { Latency = Latency(), Jitter = Chance(0.5) ? 0 : 0.8 * _random.NextDouble() };

    private Faults Faulty(TimeSpan length) => Well() with
    {
        Lost = Rarely(),
        AnswerLost = Rarely(),
        Refused = Rarely(),
        Duplicated = Rarely(),
        Late = Rarely(),
        Outages = Chance(0.4) ? [.. Enumerable.Range(0, _random.Next(1, 3)).Select(_ => Outage(length))] : [],
    };

    private StoreOutage Outage(TimeSpan length)
    {
        var from = Within(length);
        return new(from, from + Seconds(LogUniform(0.5, 20)), Chance(0.5), Chance(0.3));
    }

    private ImmutableArray<Ending> Endings(int instances, TimeSpan length) =>
    [
        .. Enumerable.Range(0, instances).Where(_ => Chance(0.5)).Select(instance => new Ending(
            instance,
            Within(length),
            Chance(0.6) ? new(_random.Next(1, 30), _random.Next(3)) : null,
            Politely: Chance(0.25),
            IsReplaced: Chance(0.7))),
    ];

    private HubPace Hub(TimeSpan length)
    {
        var hub = new HubPace
        {
            Polling = TimeSpan.FromMilliseconds(LogUniform(5, 1000)),
            Commit = TimeSpan.FromMilliseconds(LogUniform(5, 200)),
            Partitions = 2,
        };
        if (Chance(0.4))
            return hub;
        return hub with { Lost = Rarely(), Again = Rarely(), Moves = Chance(0.3) ? [Move(length)] : [] };
    }

    private (int, Instant, Instant) Move(TimeSpan length)
    {
        var from = Run.Start + Within(length);
        return (_random.Next(2), from, from + Seconds(30 + 10 * _random.NextDouble()));
    }

    private TimeSpan Latency() => TimeSpan.FromMilliseconds(LogUniform(1, 500));

    private TimeSpan Skew() => Seconds(120 * _random.NextDouble() - 60);

    private TimeSpan Within(TimeSpan length) => length * _random.NextDouble();

    private double Rarely() => Chance(0.5) ? 0 : LogUniform(0.002, 0.3);

    private double LogUniform(double from, double to) => from * Math.Pow(to / from, _random.NextDouble());

    private int Pick(int[] from) => from[_random.Next(from.Length)];

    private bool Chance(double chance) => _random.NextDouble() < chance;

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
