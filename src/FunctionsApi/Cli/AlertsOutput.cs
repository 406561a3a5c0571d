using System.Text.Json;
using FunctionsApi.Alerts;
using Spectre.Console;

namespace FunctionsApi.Cli;

/// <summary>How alerts are printed.</summary>
internal static class AlertsOutput
{
    public static void PrintChanged(CommandContext context, AlertsAnswer alerts, bool json)
    {
        if (json)
        {
            Write(context, alerts);
            return;
        }

        var webhook = alerts.Webhook!;
        context.Output.WriteLine($"{alerts.Tenant} is told at {webhook.Url} of: {Rules(alerts, "nothing")}{(alerts.Digest.Enabled ? "; and by a digest each day" : "")}. "
            + "Every server follows within 10 s.");
        if (webhook.Secret is { } secret)
        {
            context.Output.WriteLine($"Secret: {secret}");
            context.Output.WriteLine("Keep the secret now: receivers verify signatures by it, and it is not shown again.");
        }
    }

    public static void PrintList(CommandContext context, IReadOnlyList<AlertsAnswer> all, bool withMessages, bool json)
    {
        if (json)
        {
            context.PrintJson(writer =>
            {
                writer.WriteStartArray();
                foreach (var alerts in all)
                    JsonSerializer.Serialize(writer, alerts, AlertsJson.Default.AlertsAnswer);
                writer.WriteEndArray();
            });
            return;
        }

        var table = new Table().AddColumns("Tenant", "Rules", "Webhook", "State", "Last failure", "Digest");
        foreach (var alerts in all)
            table.AddRow(
                alerts.Tenant,
                Markup.Escape(Rules(alerts, "none")),
                Markup.Escape(alerts.Webhook?.Url ?? "none"),
                State(alerts),
                Markup.Escape(alerts.Webhook is { LastFailureAt: { } at, LastFailure: { } failure } ? $"{at:u} {failure}" : ""),
                alerts.Digest.Enabled ? $"daily, keys unused for {alerts.Digest.UnusedKeyDays} days" : "off");
        context.Print(table);
        if (withMessages && all.SelectMany(alerts => alerts.Recent).ToList() is { Count: > 0 } messages)
            context.Print(TableOf(messages));
    }

    public static void PrintTest(CommandContext context, string tenant, TestAnswer answer, bool json)
    {
        if (json)
            context.PrintJson(writer => JsonSerializer.Serialize(writer, answer, AlertsJson.Default.TestAnswer));
        else
            context.Output.WriteLine(answer.Delivered ? $"The webhook of {tenant} took the test." : $"The webhook of {tenant} did not take the test. {answer.Failure}");
    }

    public static void PrintDeleted(CommandContext context, string tenant, bool json)
    {
        if (json)
            context.PrintJson(writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("tenant", tenant);
                writer.WriteBoolean("deleted", true);
                writer.WriteEndObject();
            });
        else
            context.Output.WriteLine($"The alerts of {tenant} are deleted.");
    }

    private static Table TableOf(IEnumerable<MessageShape> messages)
    {
        var table = new Table().AddColumns("Message", "Type", "Created", "Sent", "Became");
        foreach (var message in messages)
            table.AddRow(
                message.Id,
                message.Type,
                $"{message.CreatedAt:u}",
                $"{message.Attempts} times",
                Markup.Escape(
                    message.DeliveredAt is { } delivered ? $"delivered {delivered:u}"
                    : message.GivenUpAt is { } givenUp ? $"given up {givenUp:u}. {message.Failure}"
                    : $"waiting. {message.Failure}"));
        return table;
    }

    private static string Rules(AlertsAnswer alerts, string otherwise) => alerts.Rules.Count == 0
        ? otherwise
        : string.Join(", ", alerts.Rules.Select(rule => $"{rule.Api} {rule.Policy} {rule.RemainingPercent}% left"));

    private static string State(AlertsAnswer alerts) => alerts.Webhook switch
    {
        null => "",
        { DisabledSince: { } since } => $"disabled since {since:u}",
        { FailingSince: { } since } => $"failing since {since:u}",
        var webhook => webhook.State,
    };

    private static void Write(CommandContext context, AlertsAnswer alerts) =>
        context.PrintJson(writer => JsonSerializer.Serialize(writer, alerts, AlertsJson.Default.AlertsAnswer));
}
