using FunctionsApi.Api;

namespace FunctionsApi.Functions;

/// <summary>
/// Holds requests until the program has started. The host calls functions as soon as the worker answers it; but whether they
/// may be answered is known only when the store has been asked.
/// </summary>
internal sealed class StartGate(IHostApplicationLifetime lifetime, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Task _started = WhenSet(lifetime.ApplicationStarted);

    /// <summary>Waits as long as it takes.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _started.WaitAsync(cancellationToken);

    /// <returns>False where the request has been answered: it has waited for 10 s, or its client has gone.</returns>
    public ValueTask<bool> TryPassAsync(HttpContext http) =>
        _started.IsCompleted || http.Request.Path.Value is "/" or "/healthz" ? new(true) : WaitAsync(http);

    private async ValueTask<bool> WaitAsync(HttpContext http)
    {
        try
        {
            await _started.WaitAsync(Patience, time, http.RequestAborted);
            return true;
        }
        catch (TimeoutException)
        {
            ErrorResponse.Write(http, ApiPaths.ApiAt(http.Request.Path), Refusal.Unavailable(retryAfterSeconds: 1));
            return false;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static Task WhenSet(CancellationToken token)
    {
        var set = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(set.SetResult);
        return set.Task;
    }
}
