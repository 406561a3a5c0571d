using System.Runtime.CompilerServices;
using FunctionsApi.Api;
using FunctionsApi.Auth;

namespace FunctionsApi.Usage;

/// <summary>
/// Counts what the requests of the APIs use. Each caller's counters are found by the caller itself, which is one object for
/// each credential: counting a request neither locks nor allocates.
/// </summary>
internal sealed class RequestUsage(UsageRecorder recorder)
{
    private readonly ConditionalWeakTable<Caller, Counters> _callers = [];

    /// <summary>Counts a request that is over: what was decided, if anything was, and how it was answered.</summary>
    public void Ended(ApiRequest request)
    {
        if (request.Endpoint.Name == ApiEndpoint.None)
            return;
        var counter = CounterOf(request);
        if (request.IsDecided)
            counter.Decided(request.Decision, request.IsRefunded ? 0 : request.Weight);
        counter.Answered(request.Http.Response.StatusCode);
    }

    /// <summary>Counts LLM credits that a request has spent.</summary>
    public void Spent(ApiRequest request, long credits) => CounterOf(request).Spent(credits);

    private UsageCounter CounterOf(ApiRequest request) =>
        _callers.GetOrCreateValue(request.Caller).Of(request.Caller, request.Endpoint, recorder);

    private sealed class Counters
    {
        private (ApiEndpoint Endpoint, UsageCounter Counter)[] _counters = [];

        public UsageCounter Of(Caller caller, ApiEndpoint endpoint, UsageRecorder recorder)
        {
            foreach (var known in _counters)
                if (ReferenceEquals(known.Endpoint, endpoint))
                    return known.Counter;

            // Where two threads add at once, one of the counters is lost and made again: both count into the same hours.
            var counter = recorder.Counter(caller.Tenant, caller.KeyId, endpoint.Api, endpoint.Name);
            _counters = [.. _counters, (endpoint, counter)];
            return counter;
        }
    }
}
