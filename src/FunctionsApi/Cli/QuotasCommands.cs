using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using FunctionsApi.Ledger;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Ledgers;
using Spectre.Console;

namespace FunctionsApi.Cli;

/// <summary><c>quotas show</c> and <c>quotas reset</c></summary>
internal static class QuotasCommands
{
    private const string TimeFormat = "yyyy-MM-dd HH:mm:ss.fff";

    // More than a tenant's and a user's name together ever are, and less than a store's key may be.
    private const int MaxPartitionLength = 256;

    public static Command Create(CommandContext context) => new("quotas", "Look at the durable counters of one partition, or start them anew.")
    {
        Show(context),
        Reset(context),
    };

    private static Argument<string> Partition() => new("partition")
    {
        Description = "As user:<tenant>/<user>, key:<key id> or tenant:<tenant>.",
    };

    private static Command Show(CommandContext context)
    {
        var partition = Partition();
        var command = new Command("show", "Show what is counted, and who holds leases.") { partition };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var name = NameOf(arguments.GetRequiredValue(partition));
            using var ledger = new TableLedger(await context.StoreAsync(), context.Time);
            if (await ReadAsync(ledger, name, cancellationToken) is not { Entity: var entity })
                throw NothingCounted(name);
            if (arguments.GetValue(CommandLine.Json))
                context.PrintJson(json => Write(json, name, entity));
            else
                Print(context, name, entity);
            return 0;
        });
        return command;
    }

    private static Command Reset(CommandContext context)
    {
        var partition = Partition();
        var command = new Command("reset", "Start all counters of a partition anew; permits in instances' hands come on top.") { partition };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var name = NameOf(arguments.GetRequiredValue(partition));
            using var ledger = new TableLedger(await context.StoreAsync(), context.Time);
            if (!await ledger.ResetAsync(name, cancellationToken))
                throw NothingCounted(name);
            if (arguments.GetValue(CommandLine.Json))
                context.PrintJson(json =>
                {
                    json.WriteStartObject();
                    json.WriteString("partition", name);
                    json.WriteBoolean("reset", true);
                    json.WriteEndObject();
                });
            else
                context.Output.WriteLine($"The counters of '{name}' start anew.");
            return 0;
        });
        return command;
    }

    private static async Task<StoredEntity?> ReadAsync(TableLedger ledger, string partition, CancellationToken cancellationToken)
    {
        try
        {
            return await ledger.ReadAsync(partition, cancellationToken);
        }
        catch (EntityUnreadableException e)
        {
            throw new CommandException(e.Message);
        }
    }

    private static string NameOf(string partition) => partition.Length <= MaxPartitionLength ? partition : throw NothingCounted(partition);

    private static CommandException NothingCounted(string partition) => new(
        $"Nothing is counted for '{partition}'. Partitions are named user:<tenant>/<user>, key:<key id> or tenant:<tenant>; 'keys list' shows ids.");

    private static void Print(CommandContext context, string partition, QuotaEntity entity)
    {
        context.Output.WriteLine($"{partition}, last changed {Text(entity.LastTime)} UTC, by {entity.Instances.Length} instances");
        var table = new Table().Border(TableBorder.Simple)
            .AddColumns("Policy", "Counted by").AddColumn(new TableColumn("Used").RightAligned())
            .AddColumn(new TableColumn("Of it leased").RightAligned()).AddColumn("Until (UTC)");
        foreach (var counter in entity.Counters)
            table.AddRow(
                Markup.Escape(counter.Policy), Algorithm(counter), Used(counter).ToString("N0"), Leased(counter)?.ToString("N0") ?? "",
                Until(counter) is { } until ? Text(until) : "");
        context.Print(table);
    }

    private static void Write(Utf8JsonWriter json, string partition, QuotaEntity entity)
    {
        json.WriteStartObject();
        json.WriteString("partition", partition);
        json.WriteString("lastTime", entity.LastTime.ToDateTimeOffset());
        json.WriteNumber("generation", entity.Generation);
        json.WriteStartArray("counters");
        foreach (var counter in entity.Counters)
        {
            json.WriteStartObject();
            json.WriteString("policy", counter.Policy);
            json.WriteString("algorithm", Algorithm(counter));
            json.WriteNumber("used", Used(counter));
            if (Leased(counter) is { } leased)
                json.WriteNumber("leased", leased);
            if (Until(counter) is { } until)
                json.WriteString("until", until.ToDateTimeOffset());
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("instances");
        foreach (var mark in entity.Instances)
        {
            json.WriteStartObject();
            json.WriteString("instance", mark.Instance.ToString());
            json.WriteNumber("lastOperation", mark.Operation);
            json.WriteString("seen", mark.Seen.ToDateTimeOffset());
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Algorithm(Counter counter) => counter switch
    {
        FixedWindowCounter => "fixed-window",
        SlidingWindowCounter => "sliding-window",
        _ => "concurrency",
    };

    private static int Used(Counter counter) => counter switch
    {
        FixedWindowCounter window => window.Used,
        SlidingWindowCounter window => window.Buckets.Sum(bucket => bucket.Permits) + window.Leases.Sum(lease => lease.Permits),
        ConcurrencyCounter concurrency => concurrency.Leases.Sum(lease => lease.Permits),
        _ => 0,
    };

    private static int? Leased(Counter counter) => counter switch
    {
        SlidingWindowCounter window => window.Leases.Sum(lease => lease.Permits),
        ConcurrencyCounter concurrency => concurrency.Leases.Sum(lease => lease.Permits),
        _ => null,
    };

    private static Instant? Until(Counter counter) => counter switch
    {
        FixedWindowCounter window => window.WindowEnd,
        ConcurrencyCounter { Leases: [_, ..] leases } => leases.Max(lease => lease.Expires),
        _ => null,
    };

    private static string Text(Instant time) => time.ToDateTimeOffset().ToString(TimeFormat, CultureInfo.InvariantCulture);
}
