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
    /// newcomer gets nothing until another instance is forgotten.
    /// </summary>
    public const int MostInstances = 10_000;

    /// <summary>An instance is at work on a partition that had an operation applied within this time.</summary>
    public static readonly TimeSpan ActiveFor = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How far behind the entity's time an operation may be without a doubt about the entity's: it was on its way for so long.
    /// </summary>
    public static readonly TimeSpan LongestDelivery = TimeSpan.FromSeconds(15);

    /// <summary>How long operations have to be that far behind until it is the entity's time that is taken for wrong.</summary>
    public static readonly TimeSpan LaggingFor = TimeSpan.FromSeconds(10);

    public static QuotaEntity Empty { get; } = new();

    /// <summary>
    /// The latest time of any operation. Time in an entity never runs backwards, but for one that a wrong clock sent ahead:
    /// see <see cref="Lagging"/>.
    /// </summary>
    public Instant LastTime { get; init; }

    /// <summary>
    /// When the first and the latest operation since came that was further behind <see cref="LastTime"/> than
    /// any takes to arrive; null where the last one was not. After <see cref="LaggingFor"/> of them, the entity's time is theirs.
    /// </summary>
    public (Instant Since, Instant Latest)? Lagging { get; init; }

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
        var known = Instances.LastOf(operation.Instance);
        if (operation.Id <= known.Operation)
            return (this, DescribeAgain(operation, operation.Id == known.Operation ? known : default, Instant.Max(now, LastTime)));

        var entity = Reconciled(now);
        var (applied, result) = entity.ApplyNew(operation, Instant.Max(now, entity.LastTime));
        // Where operations are behind and change nothing, that they were is written once.
        if (ReferenceEquals(applied, entity) && Lagging is not null && entity.Lagging is not null)
            return (this, result);
        return (applied, result with { SetBackBy = LastTime > entity.LastTime ? LastTime - entity.LastTime : TimeSpan.Zero });
    }

    private (QuotaEntity Entity, QuotaResult Result) ApplyNew(QuotaOperation operation, Instant now)
    {
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

    /// <summary>
    /// As <see cref="Apply"/>, and the operation stands in the entity in any case, also one that gets nothing: for a ledger whose
    /// operations may arrive long after they were sent. What stands is no longer on its way.
    /// </summary>
    public QuotaEntity ApplyAndRemember(QuotaOperation operation, Instant now)
    {
        var entity = Apply(operation, now).Entity;
        if (entity.Remembers(operation))
            return entity;
        now = Instant.Max(now, entity.LastTime);
        var marks = entity.Instances.Without(operation.Instance, forgottenAt: now - RememberFor);
        if (marks.Count >= MostInstances)
            return entity;
        marks.Add(new(operation.Instance, operation.Id, now.MillisecondFloor, []));
        return entity with { LastTime = now, Instances = marks.DrainToImmutable() };
    }

    /// <summary>Whether the operation, or a later one of its instance, has been applied: it never will be again.</summary>
    public bool Remembers(QuotaOperation operation) => operation.Id <= Instances.LastOf(operation.Instance).Operation;

    /// <summary>How the operation's policies stand, without doing any of it.</summary>
    public QuotaResult Peek(QuotaOperation operation, Instant now) =>
        Describe(operation, [], Instant.Max(now, LastTime));

    /// <summary>
    /// Starts all counts anew and takes the time as given, so that an entity that a wrong clock sent into the future comes
    /// back. Permits that instances hold now can still be spent on top, for as long as their leases last. An operation from before,
    /// repeated, is granted nothing: what it was granted is counted no more.
    /// </summary>
    /// <remarks>The generation is a time, in minutes: of an entity that cannot be read nobody knows which one it had.</remarks>
    public QuotaEntity Reset(Instant now) => Empty with
    {
        LastTime = now,
        Generation = (int)Math.Max(Generation + 1, now.UnixSeconds / 60),
        Instances = [.. Instances.Select(mark => mark with { Seen = Instant.Min(mark.Seen, now.MillisecondFloor), Granted = [] })],
    };

    /// <summary>
    /// Doubts its own time where an operation is far behind, and gives it up for that of the operations where they went on to
    /// be. Whatever it granted meanwhile was granted by the latest of them.
    /// </summary>
    private QuotaEntity Reconciled(Instant now)
    {
        if (now + LongestDelivery >= LastTime)
            return Lagging is null ? this : this with { Lagging = null };
        if (Lagging is not { } lagging || lagging.Since > now)
            return this with { Lagging = (now, now) };
        var latest = Instant.Max(lagging.Latest, now);
        if (now - lagging.Since < LaggingFor)
            return this with { Lagging = (lagging.Since, latest) };
        return this with
        {
            LastTime = now,
            Lagging = null,
            Counters = [.. Counters.Select(counter => counter.SetBack(lagging.Latest))],
            Instances = [.. Instances.Select(mark => mark with { Seen = Instant.Min(mark.Seen, now.MillisecondFloor) })],
        };
    }

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
        return new(now, Generation, results.DrainToImmutable()) { AreOthersActive = AreOthersActive(operation.Instance, now) };
    }

    // The latest are last.
    private bool AreOthersActive(InstanceId instance, Instant now)
    {
        for (var i = Instances.Length - 1; i >= 0 && Instances[i].Seen > now - ActiveFor; i--)
            if (Instances[i].Instance != instance)
                return true;
        return false;
    }

    private bool IsSettledBy(QuotaOperation operation, Instant now) =>
        operation.Policies.All(part =>
            CounterOf(part.Policy).IsSettledBy(Honoured(part, operation.Generation), operation.Instance, now));

    private Counter CounterOf(Policy policy) =>
        Counters.FirstOrDefault(counter => IsOf(counter, policy)) ?? Counter.For(policy);

    // What is in use stays so. Of a window's permits from before a reset nothing is counted that could be kept.
    private PolicyOperation Honoured(PolicyOperation part, int generation) => generation == Generation
        ? part
        : part with { Returned = 0, Refunded = [], Spent = [], Kept = part.Policy.Algorithm == Algorithm.Concurrency ? part.Kept : 0 };

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
