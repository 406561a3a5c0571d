using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Policies;
using Spectre.Console;

namespace FunctionsApi.Cli;

/// <summary>What is shown of a partition.</summary>
/// <param name="Partition">Its name.</param>
/// <param name="Entity">Its counters.</param>
/// <param name="Bytes">How many bytes they are stored in.</param>
/// <param name="Now">This machine's time.</param>
internal sealed record ShownEntity(string Partition, QuotaEntity Entity, int Bytes, Instant Now)
{
    /// <summary>How long from now on, in the entity's time; zero for what is over.</summary>
    public TimeSpan Left(Instant until)
    {
        var now = Instant.Max(Now, Entity.LastTime);
        return until > now ? until - now : TimeSpan.Zero;
    }
}

/// <summary>How a partition's counters are printed.</summary>
internal static class QuotasOutput
{
    private const string TimeFormat = "yyyy-MM-dd HH:mm:ss.fff";

    // A terminal is for looking at a few; all of them are in the JSON.
    private const int MostInstances = 20;

    public static void Print(CommandContext context, ShownEntity shown)
    {
        var entity = shown.Entity;
        context.Output.WriteLine(
            $"{shown.Partition}: last changed {Text(entity.LastTime)} UTC, {shown.Bytes:N0} bytes"
            + (entity.Generation == 0 ? "" : ", reset before"));
        context.Print(Counters(shown));
        context.Print(Instances(shown));
        if (entity.Instances.Length > MostInstances)
            context.Output.WriteLine($"These are the last {MostInstances} of {entity.Instances.Length:N0} instances; --json has all.");
    }

    public static void Write(Utf8JsonWriter json, ShownEntity shown)
    {
        var entity = shown.Entity;
        json.WriteStartObject();
        json.WriteString("partition", shown.Partition);
        json.WriteNumber("bytes", shown.Bytes);
        json.WriteString("lastTime", entity.LastTime.ToDateTimeOffset());
        json.WriteString("forgettableAt", entity.ForgettableAt.ToDateTimeOffset());
        json.WriteNumber("generation", entity.Generation);
        json.WriteStartArray("counters");
        foreach (var counter in entity.Counters)
            Write(json, shown, counter);
        json.WriteEndArray();
        json.WriteStartArray("instances");
        foreach (var mark in entity.Instances)
            Write(json, mark);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static Table Counters(ShownEntity shown)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumns("Policy", "Counted by").AddColumn(new TableColumn("Used").RightAligned())
            .AddColumn(new TableColumn("Of it leased").RightAligned()).AddColumn("Until (UTC)").AddColumn(new TableColumn("Left").RightAligned());
        foreach (var counter in shown.Entity.Counters)
        {
            var until = Until(counter);
            table.AddRow(
                Markup.Escape(counter.Policy), counter.Algorithm.Name(), $"{Used(counter):N0}", $"{Leased(counter):N0}",
                until is { } end ? Text(end) : "", until is { } time ? Text(shown.Left(time)) : "");
        }
        return table;
    }

    private static Table Instances(ShownEntity shown)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumns("Instance", "Last operation", "Ago", "Leases and how long they last");
        foreach (var mark in shown.Entity.Instances.Reverse().Take(MostInstances))
            table.AddRow(
                mark.Instance.ToString(), $"{mark.Operation}", Text(Instant.Max(shown.Now, mark.Seen) - mark.Seen),
                Markup.Escape(string.Join(", ", LeasesOf(shown, mark.Instance))));
        return table;
    }

    private static IEnumerable<string> LeasesOf(ShownEntity shown, InstanceId instance) =>
        from counter in shown.Entity.Counters
        from lease in Leases(counter)
        where lease.Instance == instance
        select $"{counter.Policy}: {lease.Permits:N0} for {Text(shown.Left(lease.Expires))}";

    private static void Write(Utf8JsonWriter json, ShownEntity shown, Counter counter)
    {
        json.WriteStartObject();
        json.WriteString("policy", counter.Policy);
        json.WriteString("algorithm", counter.Algorithm.Name());
        json.WriteNumber("used", Used(counter));
        if (Leased(counter) is { } leased)
            json.WriteNumber("leased", leased);
        if (Until(counter) is { } until)
            json.WriteString("until", until.ToDateTimeOffset());
        if (counter is FixedWindowCounter { BurstOpened: { } opened })
            json.WriteString("burstOpened", opened.ToDateTimeOffset());
        if (counter is not FixedWindowCounter)
            WriteLeases(json, shown, counter);
        json.WriteEndObject();
    }

    private static void WriteLeases(Utf8JsonWriter json, ShownEntity shown, Counter counter)
    {
        json.WriteStartArray("leases");
        foreach (var lease in Leases(counter))
        {
            json.WriteStartObject();
            json.WriteString("instance", lease.Instance.ToString());
            json.WriteNumber("permits", lease.Permits);
            json.WriteString("expires", lease.Expires.ToDateTimeOffset());
            json.WriteNumber("secondsLeft", Math.Round(shown.Left(lease.Expires).TotalSeconds, 3));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, InstanceMark mark)
    {
        json.WriteStartObject();
        json.WriteString("instance", mark.Instance.ToString());
        json.WriteNumber("lastOperation", mark.Operation);
        json.WriteString("seen", mark.Seen.ToDateTimeOffset());
        json.WriteStartArray("granted");
        foreach (var permits in mark.Granted)
            json.WriteNumberValue(permits);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static int Used(Counter counter) => counter switch
    {
        FixedWindowCounter window => window.Used,
        SlidingWindowCounter window => window.Used,
        ConcurrencyCounter concurrency => concurrency.Leases.Sum(lease => lease.Permits),
        _ => 0,
    };

    // A fixed window's leases end with it, and need no record of their own.
    private static int? Leased(Counter counter) =>
        counter is FixedWindowCounter ? null : Leases(counter).Sum(lease => lease.Permits);

    private static ImmutableArray<InstanceLease> Leases(Counter counter) => counter switch
    {
        SlidingWindowCounter window => window.Leases,
        ConcurrencyCounter concurrency => concurrency.Leases,
        _ => [],
    };

    private static Instant? Until(Counter counter) => counter switch
    {
        FixedWindowCounter window => window.WindowEnd,
        ConcurrencyCounter { Leases: [_, ..] leases } => leases.Max(lease => lease.Expires),
        _ => null,
    };

    private static string Text(Instant time) => time.ToDateTimeOffset().ToString(TimeFormat, CultureInfo.InvariantCulture);

    private static string Text(TimeSpan length) => length switch
    {
        { Ticks: 0 } => "over",
        { TotalMinutes: < 1 } => $"{length.TotalSeconds:0.0}s",
        { TotalHours: < 1 } => $"{length.Minutes}m {length.Seconds}s",
        { TotalDays: < 1 } => $"{length.Hours}h {length.Minutes}m",
        _ => $"{length.Days}d {length.Hours}h",
    };
}
