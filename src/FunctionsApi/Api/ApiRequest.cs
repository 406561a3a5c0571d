using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FunctionsApi.Auth;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Api;

/// <summary>
/// One authenticated request to one endpoint. A handler parses, asks by <see cref="AcquireAsync"/>, answers; what was
/// admitted is released when the handler has returned or failed.
/// </summary>
internal sealed class ApiRequest(HttpContext http, ApiEndpoint endpoint, Caller caller, ApiTerms terms, QuotaLimiter limiter)
{
    private JsonBody? _body;
    private int _credits;
    private bool _areCreditsSettled;

    public HttpContext Http { get; } = http;

    public Caller Caller { get; } = caller;

    /// <summary>Those of the endpoint's API; those of the other, where the endpoint is of both and the caller has no others.</summary>
    public ApiTerms Terms { get; } = terms;

    public ApiEndpoint Endpoint { get; } = endpoint;

    private string Partition => Caller.Partition(Terms.Api);

    /// <summary>Set when the client has gone. Costs an allocation when first read, so read it where something waits.</summary>
    public CancellationToken Aborted => Http.RequestAborted;

    /// <summary>Whether the limiter was asked.</summary>
    public bool IsDecided { get; private set; }

    /// <summary>Whether the quota headers are set: by the limiter, or by a limit that the endpoint has of its own.</summary>
    public bool HasQuotaHeaders { get; private set; }

    /// <summary>What the limiter answered, once <see cref="IsDecided"/>.</summary>
    public Decision Decision { get; private set; }

    /// <summary>By what the endpoint's charge was multiplied; 1 or more.</summary>
    public int Weight { get; private set; } = 1;

    /// <summary>Reads the whole body. The document is disposed with the request: copy out what must live longer.</summary>
    /// <param name="maxBytes">The longest body that is accepted.</param>
    /// <exception cref="ApiException">400 malformed, missing or too deep; 413 too long; 415 not JSON.</exception>
    public ValueTask<JsonDocument> ReadJsonAsync(int maxBytes = JsonBody.DefaultMaxBytes) =>
        (_body ??= new(Http.Request)).ReadAsync(maxBytes);

    /// <summary>As <see cref="ReadJsonAsync"/>, whatever the body is.</summary>
    /// <exception cref="ApiException">413 too long.</exception>
    public ValueTask<ReadOnlySequence<byte>> ReadBytesAsync(int maxBytes) => (_body ??= new(Http.Request)).ReadBytesAsync(maxBytes);

    /// <summary>Asks the limiter for what this endpoint costs. Once per request, after everything that can be invalid was checked.</summary>
    /// <param name="weight">1 or more; multiplies the endpoint's charge.</param>
    /// <param name="credits">LLM credits that it may cost at most; 0 or more.</param>
    /// <returns>False where the refusal has been written and the handler has nothing left to do.</returns>
    public ValueTask<bool> AcquireAsync(int weight = 1, int credits = 0)
    {
        // Asked before the limiter is, or what it admits would never be released.
        if (IsDecided)
            throw new InvalidOperationException("A request asks the limiter once.");
        (Weight, _credits) = (weight, credits);
        var charge = Terms.ChargeFor(Endpoint.Name);
        return limiter.TryAcquire(Partition, charge.Times(weight, credits), out var decision)
            ? new(Take(charge, decision))
            : AwaitAsync(charge, credits);
    }

    // Not cancelled with the request: the wait is short, and a token costs an allocation.
    private async ValueTask<bool> AwaitAsync(Charge charge, int credits) =>
        Take(charge, await limiter.AcquireAsync(Partition, charge.Times(Weight, credits)));

    /// <summary>Whether what it took of windows was given back.</summary>
    public bool IsRefunded { get; private set; }

    /// <summary>
    /// Gives back what the request took of its windows, if it was admitted and they are not over, and sets the quota headers anew. Not for a
    /// request whose credits were settled.
    /// </summary>
    public async ValueTask RefundAsync()
    {
        var decision = Decision;
        if (!IsDecided || IsRefunded || _areCreditsSettled || !limiter.Refund(Partition, ref decision))
            return;
        IsRefunded = true;
        await TellWhatIsLeftAsync();
    }

    /// <summary>
    /// Says how many of the credits that were asked for were spent, once; a second time nothing happens. The others are given back, where they
    /// are still counted, and the quota headers set anew.
    /// </summary>
    public async ValueTask SettleCreditsAsync(int spent)
    {
        if (!IsDecided || IsRefunded || _areCreditsSettled)
            return;
        _areCreditsSettled = true;
        if (limiter.RefundCredits(Partition, Decision, _credits - spent))
            await TellWhatIsLeftAsync();
    }

    /// <summary>Sets the quota headers and uses nothing. The pipeline does it for an answer that nobody asked the limiter for.</summary>
    public async ValueTask PeekAsync()
    {
        var charge = Endpoint.Name == ApiEndpoint.None || Terms.Unset.Count > 0 ? Terms.General : Terms.ChargeFor(Endpoint.Name);
        Take(charge, await limiter.PeekAsync(Partition, charge));
    }

    /// <summary>Refuses by a limit of the endpoint's own, of which the quota headers tell then; the limiter is not asked.</summary>
    public void Refuse(in LocalRefusal refusal)
    {
        RateLimitHeaders.Set(Http.Response.Headers, refusal, limiter.Now);
        HasQuotaHeaders = true;
        ErrorResponse.Write(Http, Endpoint.Api, refusal.Error);
    }

    /// <summary>Answers with a whole body, in one write.</summary>
    public void Answer(int status, ReadOnlySpan<byte> body, string contentType = "application/json")
    {
        var response = Http.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        response.BodyWriter.Write(body);
    }

    /// <summary>Answers with a value as JSON.</summary>
    public void Answer<T>(int status, T value, JsonTypeInfo<T> type) =>
        Answer(status, JsonSerializer.SerializeToUtf8Bytes(value, type));

    /// <summary>Gives everything back, once, when the request is over.</summary>
    internal void Release()
    {
        if (IsDecided)
            Decision.Release();
        _body?.Dispose();
    }

    // After something was given back.
    private async ValueTask TellWhatIsLeftAsync()
    {
        var charge = Terms.ChargeFor(Endpoint.Name);
        if (!Http.Response.HasStarted)
            RateLimitHeaders.Set(Http.Response.Headers, charge, await limiter.PeekAsync(Partition, charge));
    }

    private bool Take(Charge charge, in Decision decision)
    {
        Decision = decision;
        IsDecided = HasQuotaHeaders = true;
        RateLimitHeaders.Set(Http.Response.Headers, charge, decision);
        if (decision.Outcome is Outcome.Admitted or Outcome.Peeked)
            return true;
        ErrorResponse.Write(Http, Endpoint.Api, Refusal.Of(decision));
        return false;
    }
}
