// What an event is: a JSON object with a type. It may have an id, by which it is recognised when it is sent again; a timestamp, without
// which it happened when it came; a page; and properties, an object of anything. Its page is its "page", or else "page" or "path" of its
// properties. Other members are kept as they are.
//
// A timestamp may be up to 30 days old, for senders that were offline, and up to 5 minutes ahead, for clocks that are. What is older or
// further ahead is rejected: its time is wrong, or its day has been reported on already.

using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;
using FunctionsApi.Api;

namespace FunctionsApi.Agents.Analytics;

/// <summary>Judges one event.</summary>
internal static class EventParser
{
    public const int MaxType = 128, MaxId = 128, MaxPage = 512, MaxEventBytes = 16 * 1024;

    public static readonly TimeSpan MaxAge = TimeSpan.FromDays(30), MaxAhead = TimeSpan.FromMinutes(5);

    /// <param name="json">The event; null where it is no JSON.</param>
    /// <param name="now">When it came.</param>
    /// <param name="parsed">The event, where it is valid.</param>
    /// <param name="reason">What is wrong with it, where it is not.</param>
    public static bool TryParse(
        JsonElement? json, DateTimeOffset now, [NotNullWhen(true)] out AnalyticsEvent? parsed, [NotNullWhen(false)] out string? reason)
    {
        parsed = null;
        try
        {
            reason = json is { } element ? Parse(element, now, out parsed) : "it is not valid JSON";
        }
        catch (InvalidOperationException)
        {
            reason = "a member's name holds half of a surrogate pair";
        }

        return parsed is not null;
    }

    private static string? Parse(JsonElement json, DateTimeOffset now, out AnalyticsEvent? parsed)
    {
        parsed = null;
        if (json.ValueKind != JsonValueKind.Object)
            return "it must be an object";
        var raw = JsonMarshal.GetRawUtf8Value(json);
        if (raw.Length > MaxEventBytes || !Utf8.IsValid(raw))
            return $"it must be valid UTF-8 and at most {MaxEventBytes} bytes long";
        if (!TryGetText(json, "type", MaxType, out var type) || type is null)
            return WrongText("type", MaxType);
        if (!TryGetText(json, "id", MaxId, out var id))
            return WrongText("id", MaxId);
        if (!TryGetText(json, "page", MaxPage, out var page))
            return WrongText("page", MaxPage);
        if (!TryGetTime(json, now, out var time))
            return "'timestamp' must be an RFC 3339 time";
        if (time < now - MaxAge)
            return $"'timestamp' is more than {MaxAge.TotalDays:0} days ago";
        if (time > now + MaxAhead)
            return $"'timestamp' is more than {MaxAhead.TotalMinutes:0} minutes ahead";
        var properties = Find(json, "properties");
        if (properties is { ValueKind: not JsonValueKind.Object })
            return "'properties' must be an object";
        parsed = new(type, time, id, page ?? PageIn(properties), raw.ToArray());
        return null;
    }

    private static string WrongText(string name, int maxLength) => $"'{name}' must be a string of 1 to {maxLength} characters";

    // Properties are the sender's own affair: what is no page there is no mistake.
    private static string? PageIn(JsonElement? properties)
    {
        if (properties is not { } json)
            return null;
        return TryGetText(json, "page", MaxPage, out var page) && page is not null ? page
            : TryGetText(json, "path", MaxPage, out var path) ? path
            : null;
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
        return Find(json, "timestamp") is not { } member || (BodyObject.TryGetText(member, out var text) && TimeText.TryParse(text, out time));
    }

    /// <summary>Null where it is absent or null.</summary>
    private static JsonElement? Find(JsonElement json, string name) =>
        json.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;
}
