using System.Collections.Immutable;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Simulator.Tests;

/// <summary>All that happens in one run but for what the limiter makes of it; drawn from a seed.</summary>
internal sealed record Scenario(int Seed)
{
    public required int Instances { get; init; }

    public required int Keys { get; init; }

    public required double Zipf { get; init; }

    public required PolicySet Policies { get; init; }

    /// <summary>What a request may cost; each is drawn as often as the others.</summary>
    public required ImmutableArray<Charge> Charges { get; init; }

    public required ImmutableArray<LoadPhase> Load { get; init; }

    /// <summary>How long a request is in flight, in the middle; exponentially distributed.</summary>
    public required TimeSpan InFlight { get; init; }

    public required Faults Faults { get; init; }

    /// <summary>The task hub of a ledger on durable entities; null is one on rows.</summary>
    public HubPace? Hub { get; init; }

    public ImmutableArray<Ending> Endings { get; init; } = [];

    /// <summary>How far each instance's clock is off at first.</summary>
    public required ImmutableArray<TimeSpan> Skews { get; init; }

    public ImmutableArray<ClockStep> ClockSteps { get; init; } = [];

    public LimiterOptions Options { get; init; } = new();

    /// <summary>To what the store tells its time.</summary>
    public TimeSpan StoreTimeResolution { get; init; }

    /// <summary>By how much clocks may differ once the store has corrected them: what it leaves open, and a little drift.</summary>
    public TimeSpan ClockSpread => StoreTimeResolution + TimeSpan.FromMilliseconds(10);

    /// <summary>None is ever ahead.</summary>
    public static TimeSpan FastestClock => TimeSpan.Zero;

    public TimeSpan SlowestClock => -ClockSpread;

    public bool HasCrashes => !Endings.IsEmpty;

    /// <summary>The store always answers, however slowly.</summary>
    public bool IsStoreWell => Faults.AreNone;

    /// <summary>
    /// All instances, one after the other, can write one entity well within the 2 s that an operation may take: 10 instances
    /// 10 ms away, but not 10 that are 250 ms away and all ask for one key. And operations need not stand in line.
    /// </summary>
    public bool StoreKeepsUp => Hub is null && IsStoreWell && Options.MostOperationsInFlight > 2
        && Instances * Faults.Latency * Math.Exp(2.5 * Faults.Jitter) < TimeSpan.FromSeconds(0.1);

    public override string ToString() =>
        $"seed {Seed}: {Instances} instances, {Keys} keys (zipf {Zipf:0.0}), {Options.WhenLedgerUnavailable}, "
        + $"policies {string.Join(", ", Policies.Policies.Select(Text))}, "
        + $"charges {string.Join(" | ", Charges.Select(charge => string.Join('+', charge.Items.Select(item => $"{item.Permits}x{Policies.Policies[item.Policy].Name}"))))}, "
        + $"load {string.Join(", ", Load)}, in flight {InFlight.TotalSeconds:0.00} s, {Faults}, "
        + $"ends {string.Join(", ", Endings)}, time to {StoreTimeResolution.TotalSeconds} s, skews {string.Join(' ', Skews.Select(skew => $"{skew.TotalSeconds:0.0}"))}, steps {string.Join(", ", ClockSteps)}"
        + (Hub is null ? "" : $", hub looked at every {Hub.Polling.TotalMilliseconds:0} ms, commits after {Hub.Commit.TotalMilliseconds:0} ms, "
            + $"{Hub.Lost:0.00} of batches lost, {Hub.Again:0.00} of signals again, moves {string.Join(", ", Hub.Moves)}");

    private static string Text(Policy policy) =>
        $"{policy.Name}={policy.Limit}/{policy.Window.TotalSeconds}s{(policy.Burst is { } burst ? $" burst {burst.Factor}x{burst.Length.TotalSeconds}s" : "")}{(policy.Shadow ? " shadow" : "")}";
}

/// <summary>Requests arrive at a rate, evenly or at random.</summary>
/// <param name="For">How long.</param>
/// <param name="PerSecond">All keys and instances together; 0 is a pause.</param>
/// <param name="AtRandom">Exponential gaps, not even ones.</param>
internal sealed record LoadPhase(TimeSpan For, double PerSecond, bool AtRandom);

/// <summary>An instance ends.</summary>
/// <param name="Instance">Which of the first ones.</param>
/// <param name="After">When.</param>
/// <param name="AtRequest">At this one of its storage requests, if that comes first.</param>
/// <param name="Politely">It is stopped and may give back what it holds; else killed.</param>
/// <param name="IsReplaced">Another takes its place.</param>
internal sealed record Ending(int Instance, TimeSpan After, AtStorageRequest? AtRequest, bool Politely, bool IsReplaced);

/// <param name="Number">Which request of the instance, from 1.</param>
/// <param name="Step">When it was sent, when it was done, or when its answer was there.</param>
internal sealed record AtStorageRequest(int Number, int Step);

internal sealed record ClockStep(int Instance, TimeSpan After, TimeSpan Skew);
