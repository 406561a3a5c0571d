// All processes on one file run on one machine and so share its uptime, which nobody can set. The file holds one anchor: at
// that uptime it was that time. Each process adds what has passed since, so that all of them agree, whatever their clocks say.
//
// The first process that opens the file after the machine was started makes the anchor, by its own clock. That clock may be wrong, and then the
// time is wrong by as much for all processes alike until the machine is started again: windows begin and end too early or too
// late, but none is sold twice. Time is never before the last that was seen, not even after a start with a clock that is behind.
// Example: anchor 12:00:00 at 100 s of uptime; at 160 s it is 12:01:00 to a process whose clock says 12:01:30.

using Microsoft.Data.Sqlite;

namespace FunctionsApi.Storage.Sqlite;

/// <summary>The time that all processes on one file have in common.</summary>
internal sealed class SharedTime
{
    // Where the system does not name its starts they are told apart by when they were, and clocks are set now and then.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private readonly Machine _machine;
    private readonly TimeProvider _time;
    private readonly Anchor _anchor;

    private SharedTime(Machine machine, TimeProvider time, Anchor anchor) => (_machine, _time, _anchor) = (machine, time, anchor);

    /// <summary>UTC.</summary>
    public DateTimeOffset Now => new(_anchor.At(_machine.Uptime()), TimeSpan.Zero);

    /// <summary>Now, as a store says its time: exactly.</summary>
    public StoreTime Read()
    {
        var asked = _time.GetTimestamp();
        var now = Now;
        return new(now, TimeSpan.Zero, asked, _time.GetTimestamp());
    }

    /// <summary>Takes the file's anchor, or makes one where there is none since the machine was started.</summary>
    public static SharedTime Open(SqliteConnection connection, Machine machine, TimeProvider time)
    {
        if (Find(connection, machine, time) is not { } anchor)
        {
            using var transaction = connection.BeginTransaction(deferred: false);
            // Another process may have made it while this one waited for the lock.
            anchor = Find(connection, machine, time) ?? Make(connection, machine, time);
            transaction.Commit();
        }

        return new(machine, time, anchor);
    }

    private static Anchor? Find(SqliteConnection connection, Machine machine, TimeProvider time)
    {
        if (Read(connection) is not { } anchor)
            return null;
        var uptime = machine.Uptime();
        var isOfThisStart = machine.Boot is { } boot
            ? anchor.Boot == boot
            : uptime >= anchor.SeenAtUptime && (time.GetUtcNow().UtcDateTime - anchor.At(uptime)).Duration() <= Tolerance;
        return isOfThisStart ? anchor : null;
    }

    private static Anchor Make(SqliteConnection connection, Machine machine, TimeProvider time)
    {
        var uptime = machine.Uptime();
        var now = Math.Max(time.GetUtcNow().UtcTicks, Read(connection)?.SeenTicks ?? 0);
        using var write = new Statement(connection,
            "INSERT OR REPLACE INTO anchor (one, boot, uptime_ticks, utc_ticks, seen_utc_ticks) VALUES (1, $1, $2, $3, $3)");
        write.Execute(machine.Boot ?? "", uptime.Ticks, now);
        return new(machine.Boot ?? "", uptime, now, now);
    }

    private static Anchor? Read(SqliteConnection connection)
    {
        using var read = new Statement(connection, "SELECT boot, uptime_ticks, utc_ticks, seen_utc_ticks FROM anchor");
        using var row = read.Read();
        return row.Read() ? new(row.GetString(0), TimeSpan.FromTicks(row.GetInt64(1)), row.GetInt64(2), row.GetInt64(3)) : null;
    }

    private sealed record Anchor(string Boot, TimeSpan Uptime, long UtcTicks, long SeenTicks)
    {
        /// <summary>What the uptime was when the time was last noted.</summary>
        public TimeSpan SeenAtUptime => Uptime + TimeSpan.FromTicks(SeenTicks - UtcTicks);

        public DateTime At(TimeSpan uptime) => new(UtcTicks + (uptime - Uptime).Ticks, DateTimeKind.Utc);
    }
}
