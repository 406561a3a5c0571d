using FunctionsApi.Api;

namespace FunctionsApi.Hosting;

/// <summary>
/// Holds requests until the server has started. The host asks for <c>/</c> until it is answered, for 30 s, and sends
/// clients' requests from then on; but whether they may be answered is known only when the store has been asked.
/// </summary>
internal sealed class StartGate(IHostApplicationLifetime lifetime, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Task _started = WhenSet(lifetime.ApplicationStarted);

    public Task InvokeAsync(HttpContext http, RequestDelegate next) =>
        _started.IsCompleted || http.Request.Path.Value is "/" or "/healthz" ? next(http) : WaitAsync(http, next);

    private async Task WaitAsync(HttpContext http, RequestDelegate next)
    {
        try
        {
            await _started.WaitAsync(Patience, time, http.RequestAborted);
        }
        catch (TimeoutException)
        {
            ErrorResponse.Write(http, http.GetEndpoint()?.Metadata.GetMetadata<ApiRoute>()?.Api, Refusal.Unavailable(retryAfterSeconds: 1));
            return;
        }
        catch (OperationCanceledException)
        {
            return;
        }

        await next(http);
    }

    private static Task WhenSet(CancellationToken token)
    {
        var set = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(set.SetResult);
        return set.Task;
    }
}
