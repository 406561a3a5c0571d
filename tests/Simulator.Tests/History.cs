using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Simulator.Tests;

/// <summary>What happened in a run, seen from outside, in order and in true time.</summary>
internal sealed class History
{
    private ulong _hash = 14695981039346656037;

    public List<Event> Events { get; } = [];

    public List<Request> Requests { get; } = [];

    /// <summary>Of all events with their times: equal where two runs were the same, event for event.</summary>
    public ulong Hash => _hash;

    public void Add(Event happened)
    {
        Events.Add(happened);
        Mix((ulong)happened.At.Ticks);
        Mix(happened.Fingerprint);
    }

    /// <summary>An instance admitted what the ledger had not subtracted, since it could not be asked.</summary>
    public bool HadOverdrafts => Requests.Exists(request => request.Decision is { Outcome: Outcome.Admitted, IsOverdrawn: true });

    public IEnumerable<Request> Admitted => Requests.Where(request => request.Decision is { Outcome: Outcome.Admitted });

    // FNV-1a, eight bytes at a time.
    private void Mix(ulong value) => _hash = (_hash ^ value) * 1099511628211;
}

/// <summary>A request and what became of it.</summary>
internal sealed class Request(int number, int instance, string partition, Charge charge, Instant askedAt)
{
    public int Number { get; } = number;

    public int Instance { get; } = instance;

    public string Partition { get; } = partition;

    public Charge Charge { get; } = charge;

    public Instant AskedAt { get; } = askedAt;

    /// <summary>Null as long as nothing was decided; for ever if its instance ended before.</summary>
    public Decision? Decision { get; set; }

    public Instant DecidedAt { get; set; }

    /// <summary>The permits of a policy that it was given; 0 unless admitted.</summary>
    public int PermitsOf(int policy)
    {
        if (Decision is not { Outcome: Outcome.Admitted } decision || ItemOf(policy) is not (>= 0 and var item))
            return 0;
        return decision.IsShadowRefused(item) ? 0 : Charge.Items[item].Permits;
    }

    /// <summary>The policy's place in the charge; -1 where it has none.</summary>
    public int ItemOf(int policy) => Charge.Items.IndexOf(Charge.Items.FirstOrDefault(item => item.Policy == policy, new(-1, 0)));

    public override string ToString() => $"request {Number} at instance {Instance} for {Partition}";
}

internal abstract record Event(Instant At)
{
    public abstract ulong Fingerprint { get; }
}

internal sealed record Asked(Instant At, Request Request) : Event(At)
{
    public override ulong Fingerprint => (ulong)Request.Number << 8 | 1;

    public override string ToString() => $"{Request} asks";
}

internal sealed record Decided(Instant At, Request Request) : Event(At)
{
    public override ulong Fingerprint => (ulong)Request.Number << 8 | (ulong)Request.Decision!.Value.Outcome << 4 | 2;

    public override string ToString()
    {
        var decision = Request.Decision!.Value;
        var figures = Request.Charge.Items.Select((_, i) => $"{decision[i].Remaining}@{decision[i].ResetUnixSeconds}");
        return $"{Request} is {decision.Outcome}, retry after {decision.RetryAfterSeconds}, {string.Join(' ', figures)}";
    }
}

internal sealed record Released(Instant At, Request Request) : Event(At)
{
    public override ulong Fingerprint => (ulong)Request.Number << 8 | 3;

    public override string ToString() => $"{Request} is over";
}

internal sealed record Started(Instant At, int Instance, InstanceId Id) : Event(At)
{
    public override ulong Fingerprint => (ulong)Instance << 8 | 4;

    public override string ToString() => $"instance {Instance} starts as {Id}";
}

/// <param name="At">When.</param>
/// <param name="Instance">Which.</param>
/// <param name="Politely">It has been told to stop and may go on for a while.</param>
internal sealed record Ended(Instant At, int Instance, bool Politely) : Event(At)
{
    public override ulong Fingerprint => (ulong)Instance << 8 | 5;

    public override string ToString() => $"instance {Instance} is {(Politely ? "told to stop" : "killed")}";
}

internal sealed record StorageRequested(Instant At, int Instance, string What) : Event(At)
{
    public override ulong Fingerprint => (ulong)Instance << 8 | 6;

    public override string ToString() => $"instance {Instance} sends {What}";
}

/// <summary>The store did what an instance asked; <paramref name="Written"/> is what stands there since.</summary>
internal sealed record StorageDone(Instant At, int Instance, string Partition, bool IsConflict, QuotaEntity? Written) : Event(At)
{
    public override ulong Fingerprint => (ulong)Instance << 8 | (IsConflict ? 16u : 0u) | (Written is null ? 0u : 32u) | 7;

    public override string ToString() =>
        $"instance {Instance} {(IsConflict ? "conflicts at" : Written is null ? "reads" : "writes")} {Partition} {(Written is null ? "" : Text(Written))}";

    private static string Text(QuotaEntity entity) => $"time {entity.LastTime.ToDateTimeOffset():mm:ss.fff} " + string.Join("; ", entity.Counters.Select(counter => counter switch
    {
        FixedWindowCounter window => $"{window.Policy} used {window.Used} until {window.WindowEnd.ToDateTimeOffset():HH:mm:ss}{(window.BurstOpened is { } opened ? $" burst {opened.ToDateTimeOffset():mm:ss.fff}" : "")}",
        SlidingWindowCounter window => $"{window.Policy} buckets {string.Join(' ', window.Buckets.Select(bucket => $"{bucket.Permits}@{bucket.Last.ToDateTimeOffset():mm:ss.fff}"))} leases {Leases(window.Leases)}",
        ConcurrencyCounter concurrency => $"{concurrency.Policy} leases {Leases(concurrency.Leases)}",
        _ => "",
    }));

    private static string Leases(IEnumerable<InstanceLease> leases) =>
        string.Join(' ', leases.Select(lease => $"{lease.Instance.ToString()[..4]}:{lease.Permits}-{lease.Expires.ToDateTimeOffset():mm:ss.fff}"));
}

/// <param name="At">When.</param>
/// <param name="Instance">Whose view it is.</param>
/// <param name="Reason">Why the ledger is away; null where it is back.</param>
internal sealed record OutageChanged(Instant At, int Instance, string? Reason) : Event(At)
{
    public override ulong Fingerprint => (ulong)Instance << 8 | (Reason is null ? 16u : 0u) | 9;

    public override string ToString() => $"instance {Instance} finds the ledger {(Reason is null ? "back" : "away: " + Reason)}";
}

internal sealed record Remark(Instant At, string Text) : Event(At)
{
    public override ulong Fingerprint => 8;

    public override string ToString() => Text;
}
