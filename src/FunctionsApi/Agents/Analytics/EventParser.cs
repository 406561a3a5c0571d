using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using FunctionsApi.Api;

namespace FunctionsApi.Agents.Analytics;

/// <summary>Reads events as they are sent: one, a list of them, or an object that holds the list as <c>events</c>.</summary>
internal static class EventParser
{
    public const int MaxEvents = 1000, MaxType = 128, MaxId = 128, MaxEventLength = 16 * 1024;

    private static readonly TimeSpan MaxAhead = TimeSpan.FromDays(1);

    /// <summary>All of the events, or none.</summary>
    /// <exception cref="ApiException">400: names every event that is invalid, by its place from 0.</exception>
    public static List<AnalyticsEvent> Parse(JsonElement body, DateTimeOffset now)
    {
        List<AnalyticsEvent> events = [];
        List<string> errors = [];
        foreach (var (index, json) in List(body).Index())
        {
            if (TryParse(json, now, out var parsed, out var error))
                events.Add(parsed);
            else
                errors.Add($"event {index}: {error}");
        }

        return errors.Count == 0
            ? events
            : throw Invalid($"{errors.Count} of {events.Count + errors.Count} events are invalid, and none was stored: "
                + $"{string.Join("; ", errors)}.");
    }

    private static List<JsonElement> List(JsonElement body)
    {
        var list = body.ValueKind switch
        {
            JsonValueKind.Array => body,
            JsonValueKind.Object when body.TryGetProperty("events", out var events) => events.ValueKind == JsonValueKind.Array
                ? events
                : throw Invalid("'events' must be an array."),
            JsonValueKind.Object => default,
            _ => throw Invalid("The body must be an event, an array of events, or an object with 'events'."),
        };
        if (list.ValueKind == JsonValueKind.Undefined)
            return [body];
        return list.GetArrayLength() is >= 1 and <= MaxEvents
            ? [.. list.EnumerateArray()]
            : throw Invalid($"A request holds 1 to {MaxEvents} events, not {list.GetArrayLength()}.");
    }

    private static bool TryParse(
        JsonElement json, DateTimeOffset now, [NotNullWhen(true)] out AnalyticsEvent? parsed, [NotNullWhen(false)] out string? error)
    {
        parsed = null;
        error = null;
        if (json.ValueKind != JsonValueKind.Object)
            error = "it must be an object";
        else if (!TryGetText(json, "type", MaxType, out var type) || type is null)
            error = $"'type' must be a string of 1 to {MaxType} characters";
        else if (!TryGetText(json, "id", MaxId, out var id))
            error = $"'id' must be a string of 1 to {MaxId} characters";
        else if (!TryGetTime(json, now, out var time))
            error = "'timestamp' must be an RFC 3339 time from 2000 on and at most a day ahead";
        else if (Find(json, "properties") is { ValueKind: not JsonValueKind.Object })
            error = "'properties' must be an object";
        else if (!TryGetRaw(json, out var raw))
            error = $"it must be valid Unicode and at most {MaxEventLength} characters long";
        else
            parsed = new(type, time, id, raw);
        return parsed is not null;
    }

    private static bool TryGetText(JsonElement json, string name, int maxLength, out string? text)
    {
        text = null;
        if (Find(json, name) is not { } member)
            return true;
        if (!BodyObject.TryGetText(member, out var found) || string.IsNullOrWhiteSpace(found) || found.Length > maxLength)
            return false;
        text = found;
        return true;
    }

    private static bool TryGetTime(JsonElement json, DateTimeOffset now, out DateTimeOffset time)
    {
        time = now;
        if (Find(json, "timestamp") is not { } member)
            return true;
        return BodyObject.TryGetText(member, out var text) && TimeText.TryParse(text, out time) && time <= now + MaxAhead;
    }

    private static bool TryGetRaw(JsonElement json, out string raw)
    {
        raw = "";
        try
        {
            raw = json.GetRawText();
            return raw.Length <= MaxEventLength;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Null where it is absent or null.</summary>
    private static JsonElement? Find(JsonElement json, string name) =>
        json.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;

    private static ApiException Invalid(string message) => new(400, "invalid_events", message);
}
