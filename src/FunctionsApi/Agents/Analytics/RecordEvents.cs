using FunctionsApi.Api;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Agents.Analytics;

/// <summary>
/// <c>POST /api/v1/analytics/events</c>: stores events. However many a request brings, it is one permit. Where the store
/// fails in the middle, the answer is 503 and some may be stored: a sender that tries again gives its events ids.
/// </summary>
internal sealed class RecordEvents(EventTable events, TimeProvider time)
    : ApiEndpoint(ApiKind.Agents, "events")
{
    private const int MaxBytes = 4 * 1024 * 1024;

    public override async Task HandleAsync(ApiRequest request)
    {
        var body = await request.ReadJsonAsync(MaxBytes);
        var sent = EventParser.Parse(body.RootElement, time.GetUtcNow());

        if (!await request.AcquireAsync())
            return;

        await events.AddAsync(request.Caller.Tenant, sent, request.Aborted);
        request.Answer(202, new AcceptedEvents(sent.Count), AgentsJson.Default.AcceptedEvents);
    }
}

/// <param name="Accepted">How many of the request's events are stored now, whether by this request or an earlier one.</param>
internal sealed record AcceptedEvents(int Accepted);
