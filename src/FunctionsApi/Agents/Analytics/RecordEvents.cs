using FunctionsApi.Agents.Analytics.Journal;
using FunctionsApi.Api;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Agents.Analytics;

/// <summary>
/// <c>POST /api/v1/analytics/events</c>: stores the events that are valid, and says what is wrong with the others. However many a
/// request brings, it is one permit. Where the store fails in the middle, the answer is 503 and some may be stored: a sender
/// that tries again gives its events ids.
/// </summary>
internal sealed class RecordEvents(EventJournal journal, TimeProvider time)
    : ApiEndpoint(ApiKind.Agents, "events")
{
    private const int MostErrors = 100;

    public override async Task HandleAsync(ApiRequest request)
    {
        var sent = await EventBody.ReadAsync(request, time.GetUtcNow());
        sent.RequireAny();

        if (!await request.AcquireAsync())
            return;

        var duplicates = await journal.AppendAsync(request.Caller.Tenant, sent.Valid, request.Aborted);
        var answer = new RecordedEvents(
            sent.Valid.Count - duplicates, duplicates, sent.Rejected.Count, sent.Rejected.Count > 0 ? [.. sent.Rejected.Take(MostErrors)] : null);
        request.Answer(202, answer, AgentsJson.Default.RecordedEvents);
    }
}

/// <param name="Accepted">How many of the request's events it has stored.</param>
/// <param name="Duplicates">How many were stored already, by their ids.</param>
/// <param name="Rejected">How many are not valid.</param>
/// <param name="Errors">Why, for the first 100 of them; null where there are none.</param>
internal sealed record RecordedEvents(int Accepted, int Duplicates, int Rejected, IReadOnlyList<RejectedEvent>? Errors);
