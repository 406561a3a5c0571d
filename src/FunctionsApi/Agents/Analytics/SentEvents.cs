using System.Text.Json;
using FunctionsApi.Api;

namespace FunctionsApi.Agents.Analytics;

/// <summary>The events of one request: those that are valid, and why the others are not.</summary>
internal sealed class SentEvents
{
    private const int MostNamed = 10;

    private readonly List<RejectedEvent> _rejected = [];

    public List<AnalyticsEvent> Valid { get; } = [];

    public IReadOnlyList<RejectedEvent> Rejected => _rejected;

    public int Count => Valid.Count + _rejected.Count;

    /// <param name="json">The next event; null where it is no JSON.</param>
    /// <param name="now">When it came.</param>
    public void Add(JsonElement? json, DateTimeOffset now)
    {
        if (EventParser.TryParse(json, now, out var valid, out var reason))
            Valid.Add(valid);
        else
            _rejected.Add(new(Count, reason));
    }

    /// <exception cref="ApiException">400: none of them is valid.</exception>
    public void RequireAny()
    {
        if (Valid.Count > 0)
            return;
        var named = string.Join("; ", _rejected.Take(MostNamed).Select(rejected => $"event {rejected.Index}: {rejected.Reason}"));
        throw new ApiException(
            400, "invalid_events", $"None of the {Count} events is valid: {named}{(Count > MostNamed ? "; and so on" : "")}.");
    }
}

/// <param name="Index">Its place among the events of the request, from 0.</param>
/// <param name="Reason">What is wrong with it.</param>
internal sealed record RejectedEvent(int Index, string Reason);
