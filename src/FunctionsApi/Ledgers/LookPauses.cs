namespace FunctionsApi.Ledgers;

/// <summary>
/// How long to wait before the next look at an entity that a signal was sent to: 20, 40, 80, 160, 250 ms, and after two seconds less
/// and less often. An entity that runs in this process tells; one that lately did is waited for before the first look is spent.
/// </summary>
internal readonly record struct LookPauses
{
    /// <summary>From the entity's run, which tells, to its commit.</summary>
    public static readonly TimeSpan Commit = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan FirstWhereItTells = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan PatientFrom = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestInPatience = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _waited;

    private LookPauses(TimeSpan next, TimeSpan waited) => (Next, _waited) = (next, waited);

    /// <param name="tells">Entities lately ran in this process.</param>
    public LookPauses(bool tells)
        : this(tells ? FirstWhereItTells : First, default)
    {
    }

    /// <summary>It has run; its commit takes a moment.</summary>
    public static LookPauses AfterRun { get; } = new(tells: false);

    public TimeSpan Next { get; }

    public LookPauses After()
    {
        var waited = _waited + Next;
        var longest = waited < PatientFrom ? Longest : LongestInPatience;
        return new(Next * 2 < longest ? Next * 2 : longest, waited);
    }
}
