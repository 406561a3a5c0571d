using System.CommandLine;
using FunctionsApi.Quotas;

namespace FunctionsApi.Cli;

/// <summary><c>quotas show</c> and <c>quotas reset</c></summary>
internal static class QuotasCommands
{
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
        var command = new Command("show", "Show what is counted, who holds leases and for how long, and whose operations are remembered.") { partition };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var name = NameOf(arguments.GetRequiredValue(partition));
            var counters = PartitionCounters.On(context);
            var (entity, bytes) = await counters.ReadAsync(name, cancellationToken) ?? throw await NothingCountedAsync(counters, name, cancellationToken);
            var shown = new ShownEntity(name, entity, bytes, Instant.From(context.Time.GetUtcNow()));
            if (arguments.GetValue(CommandLine.Json))
                context.PrintJson(json => QuotasOutput.Write(json, shown));
            else
                QuotasOutput.Print(context, shown);
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
            var counters = PartitionCounters.On(context);
            if (!await counters.ResetAsync(name, cancellationToken))
                throw await NothingCountedAsync(counters, name, cancellationToken);
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

    private static string NameOf(string partition) => partition.Length <= MaxPartitionLength ? partition : throw NothingCounted(partition);

    private static async Task<CommandException> NothingCountedAsync(PartitionCounters counters, string partition, CancellationToken cancellationToken) =>
        NothingCounted(partition, $" {await counters.LookedInAsync(partition, cancellationToken)}");

    private static CommandException NothingCounted(string partition, string lookedIn = "") => new(
        $"Nothing is counted for '{partition}'.{lookedIn} Partitions are named user:<tenant>/<user>, key:<key id> or tenant:<tenant>; 'keys list' shows ids.");
}
