using System.Text.Json;
using FunctionsApi.Auth;
using Spectre.Console;

namespace FunctionsApi.Cli;

/// <summary>How keys are printed.</summary>
internal static class KeysOutput
{
    public static void PrintCreated(CommandContext context, KeyRecord record, string key, bool json)
    {
        if (json)
        {
            context.PrintJson(writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("id", record.Id);
                writer.WriteString("key", key);
                writer.WriteEndObject();
            });
            return;
        }

        context.Output.WriteLine($"Key:     {key}");
        context.Output.WriteLine($"Id:      {record.Id}");
        context.Output.WriteLine($"Expires: {Text(record.Expires, "never")}");
        context.Output.WriteLine("Keep the key now: only its hash is stored, and it is not shown again.");
    }

    public static void PrintList(CommandContext context, IReadOnlyList<KeyRecord> keys, bool json)
    {
        if (json)
        {
            context.PrintJson(writer =>
            {
                writer.WriteStartArray();
                foreach (var key in keys)
                    Write(writer, key);
                writer.WriteEndArray();
            });
            return;
        }

        var table = new Table().AddColumns("Id", "Key", "User", "Inference", "Agents", "Created", "Expires", "Revoked");
        foreach (var key in keys)
            table.AddRow(
                key.Id,
                $"{key.Prefix}…",
                Markup.Escape(key.User),
                key.Inference ?? "tenant's",
                key.Agents ?? "tenant's",
                Text(key.Created, ""),
                Text(key.Expires, "never"),
                Text(key.Revoked, ""));
        context.Print(table);
    }

    public static void PrintRevoked(CommandContext context, KeyRecord record, bool json)
    {
        if (json)
            context.PrintJson(writer => Write(writer, record));
        else
            context.Output.WriteLine($"Revoked {record.Id} ({record.Prefix}…) of {record.Tenant}; every server refuses it within 30 s.");
    }

    private static void Write(Utf8JsonWriter json, KeyRecord key)
    {
        json.WriteStartObject();
        json.WriteString("id", key.Id);
        json.WriteString("prefix", key.Prefix);
        json.WriteString("tenant", key.Tenant);
        json.WriteString("user", key.User);
        json.WriteString("inference", key.Inference);
        json.WriteString("agents", key.Agents);
        json.WriteString("created", Iso(key.Created));
        json.WriteString("expires", Iso(key.Expires));
        json.WriteString("revoked", Iso(key.Revoked));
        json.WriteEndObject();
    }

    private static string? Iso(DateTimeOffset? time) => time?.ToString("yyyy-MM-ddTHH:mm:ssZ");

    private static string Text(DateTimeOffset? time, string otherwise) => time?.ToString("u") ?? otherwise;
}
