using System.Collections.Immutable;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Entities;

/// <summary>
/// The durable counters of one partition. Immutable, and its operations are pure: the same entity, operation and time
/// always give the same answer, so any store can run them and any test can prove them.
/// </summary>
public sealed record QuotaEntity
{
    /// <summary>
    /// How long an entity remembers an instance that it no longer hears from. An instance gives an operation up for lost
    /// well before that: see <see cref="RepeatFor"/>.
    /// </summary>
    public static readonly TimeSpan RememberFor = TimeSpan.FromMinutes(10);

    /// <summary>How long after it was first sent an operation may be repeated and still be recognised.</summary>
    public static readonly TimeSpan RepeatFor = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How much longer than its counters need it an entity is kept: with it goes its time, which keeps a clock that lags
    /// from opening a window again. No clock that serves is so wrong; see docs/adr/0007-time.md.
    /// </summary>
    public static readonly TimeSpan KeepFor = TimeSpan.FromHours(1);

    /// <summary>
    /// Instances that an entity remembers. Many times what ever serves at once; instances that die as soon as they start
    /// reach it, and the 1 MiB of a table row must hold them. To forget one early could apply its operation twice, so a
    /// newcomer gets nothing until somebody is forgotten: refusing errs to the safe side.
    /// </summary>
    public const int MostInstances = 10_000;

    public static QuotaEntity Empty { get; } = new();

    /// <summary>The latest time of any operation. Time in an entity never runs backwards.</summary>
    public Instant LastTime { get; init; }

    /// <summary>Grows with each reset; leases of an earlier generation are neither settled nor taken back.</summary>
    public int Generation { get; init; }

    /// <summary>Those that still say something; a policy that has none starts anew.</summary>
    public ImmutableArray<Counter> Counters { get; init; } = [];

    /// <summary>Those heard of lately, the latest last.</summary>
    public ImmutableArray<InstanceMark> Instances { get; init; } = [];

    /// <summary>
    /// From when on the entity says no more than none at all: every window and lease is over, and no operation that it
    /// remembers is repeated any more. After a reset that is as long as any window, since leases from before it, which
    /// the entity's generation tells apart, would be taken for leases of the new one.
    /// </summary>
    public Instant ForgettableAt
    {
        get
        {
            var last = LastTime + (Generation == 0 ? RememberFor : Policy.LongestWindow);
            foreach (var counter in Counters)
                last = Instant.Max(last, counter.OverAt);
            return last + KeepFor;
        }
    }

    /// <summary>
    /// Settles what the instance reports and then acquires what it asks for, for every policy of the operation. The last
    /// operation of the instance, repeated, is answered as before and changes nothing; an older one gets nothing.
    /// </summary>
    /// <param name="operation">What is asked.</param>
    /// <param name="now">The instance's time; an earlier one than <see cref="LastTime"/> is read as that.</param>
    /// <returns>
    /// The same entity where there is nothing to remember: the operation is a repeated one, or tells nothing new and is
    /// given nothing. So callers who are refused cost no writes.
    /// </returns>
    public (QuotaEntity Entity, QuotaResult Result) Apply(QuotaOperation operation, Instant now)
    {
        now = Instant.Max(now, LastTime);
        var known = Instances.LastOf(operation.Instance);
        if (operation.Id <= known.Operation)
            return (this, DescribeAgain(operation, operation.Id == known.Operation ? known : default, now));

        var marks = Instances.Without(operation.Instance, forgottenAt: now - RememberFor);
        if (marks.Count >= MostInstances)
            return (this, Describe(operation, [], now));

        var counters = Counters.ToBuilder();
        var granted = ImmutableArray.CreateBuilder<int>(operation.Policies.Length);
        foreach (var part in operation.Policies)
        {
            var place = Place(counters, part.Policy);
            var counter = counters[place].Settle(Honoured(part, operation.Generation), operation.Instance, now);
            counters[place] = counter.Acquire(part, operation.Instance, now, out var permits);
            granted.Add(permits);
        }
        if (granted.All(permits => permits == 0) && IsSettledBy(operation, now))
            return (this, Describe(operation, [], now));

        counters.RemoveAll(counter => counter.OverAt <= now);
        marks.Add(new(operation.Instance, operation.Id, now.MillisecondFloor, granted.DrainToImmutable()));
        var entity = this with
        {
            LastTime = now,
            Counters = counters.DrainToImmutable(),
            Instances = marks.DrainToImmutable(),
        };
        return (entity, entity.Describe(operation, entity.Instances[^1].Granted, now));
    }

    /// <summary>How the operation's policies stand, without doing any of it.</summary>
    public QuotaResult Peek(QuotaOperation operation, Instant now) =>
        Describe(operation, [], Instant.Max(now, LastTime));

    /// <summary>
    /// Starts all counts anew and takes the time as given, so that an entity that a wrong clock sent into the future comes
    /// back. Permits that instances hold now can still be spent on top, for as long as their leases last.
    /// </summary>
    /// <remarks>The generation is a time, in minutes: of an entity that cannot be read nobody knows which one it had.</remarks>
    public QuotaEntity Reset(Instant now) => Empty with
    {
        LastTime = now,
        Generation = (int)Math.Max(Generation + 1, now.UnixSeconds / 60),
        Instances = [.. Instances.Select(mark => mark with { Seen = Instant.Min(mark.Seen, now.MillisecondFloor) })],
    };

    /// <summary>As answered before, but for what the instance could have spent only until now.</summary>
    private QuotaResult DescribeAgain(QuotaOperation operation, InstanceMark mark, Instant now)
    {
        var granted = (mark.Granted.IsDefault ? [] : mark.Granted).ToBuilder();
        for (var i = 0; i < granted.Count; i++)
            if (!CounterOf(operation.Policies[i].Policy).StillHolds(operation.Policies[i].Policy, mark.Seen, now))
                granted[i] = 0;
        return Describe(operation, granted.DrainToImmutable(), now);
    }

    private QuotaResult Describe(QuotaOperation operation, ImmutableArray<int> granted, Instant now)
    {
        var results = ImmutableArray.CreateBuilder<PolicyResult>(operation.Policies.Length);
        foreach (var part in operation.Policies)
        {
            var place = results.Count;
            results.Add(CounterOf(part.Policy).Describe(part.Policy, operation.Instance, now) with
            {
                Granted = place < granted.Length ? granted[place] : 0,
            });
        }
        return new(now, Generation, results.DrainToImmutable());
    }

    private bool IsSettledBy(QuotaOperation operation, Instant now) =>
        operation.Policies.All(part => CounterOf(part.Policy).IsSettledBy(part, operation.Instance, now));

    private Counter CounterOf(Policy policy) =>
        Counters.FirstOrDefault(counter => IsOf(counter, policy)) ?? Counter.For(policy);

    private PolicyOperation Honoured(PolicyOperation part, int generation) => generation == Generation
        ? part
        : part with { Returned = 0, Spent = [] };

    private static int Place(ImmutableArray<Counter>.Builder counters, Policy policy)
    {
        for (var i = 0; i < counters.Count; i++)
            if (counters[i].Policy == policy.Name)
            {
                // A policy that keeps its name and changes its algorithm starts anew.
                if (!IsOf(counters[i], policy))
                    counters[i] = Counter.For(policy);
                return i;
            }
        counters.Add(Counter.For(policy));
        return counters.Count - 1;
    }

    private static bool IsOf(Counter counter, Policy policy) =>
        counter.Policy == policy.Name && counter.Algorithm == policy.Algorithm;
}
