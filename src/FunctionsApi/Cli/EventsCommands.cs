using System.CommandLine;
using System.Text.Json;
using FunctionsApi.Agents.Analytics.Journal;
using FunctionsApi.Api;

namespace FunctionsApi.Cli;

/// <summary><c>events export</c></summary>
internal static class EventsCommands
{
    private static readonly Option<string> Tenant = new("--tenant") { Required = true, Description = "Whose events." };

    private static readonly Option<string> From = new("--from") { Description = "The first day on which they came, as 2026-02-27; the first of all if left out." };

    private static readonly Option<string> To = new("--to") { Description = "The day before which they came; now if left out." };

    public static Command Create(CommandContext context) => new("events", "Get at what tenants have sent.") { Export(context) };

    private static Command Export(CommandContext context)
    {
        var command = new Command("export", "Print a tenant's events as they were sent, one a line, with when each came and when it counts as happened.") { Tenant, From, To };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var tenant = TenantName.Checked(arguments.GetRequiredValue(Tenant));
            var (from, to) = (DayOf(arguments, From) ?? DateTimeOffset.UnixEpoch, DayOf(arguments, To) ?? context.Time.GetUtcNow().AddDays(1));
            var events = new JournalEvents(await context.StoreAsync()).ReadAsync(tenant, from, to, cancellationToken);
            if (arguments.GetValue(CommandLine.Json))
                await PrintListAsync(context, events);
            else
                await foreach (var stored in events)
                    context.PrintJson(json => Write(json, stored));
            return 0;
        });
        return command;
    }

    private static async Task PrintListAsync(CommandContext context, IAsyncEnumerable<StoredEvent> events)
    {
        var all = await events.ToListAsync();
        context.PrintJson(json =>
        {
            json.WriteStartArray();
            foreach (var stored in all)
                Write(json, stored);
            json.WriteEndArray();
        });
    }

    private static void Write(Utf8JsonWriter json, StoredEvent stored)
    {
        json.WriteStartObject();
        json.WriteString("receivedAt", stored.ReceivedAt);
        json.WriteString("timestamp", stored.Timestamp);
        json.WritePropertyName("event");
        stored.Event.WriteTo(json);
        json.WriteEndObject();
    }

    private static DateTimeOffset? DayOf(ParseResult arguments, Option<string> option)
    {
        if (arguments.GetValue(option) is not { } text)
            return null;
        return TimeText.TryParse(text, out var time) ? time : throw new CommandException($"{option.Name} {text} must be a day, for example 2026-02-27.");
    }
}
