using FunctionsApi.TestKit.Hosting;

namespace FunctionsApi.EndToEnd.Tests.Hosting;

/// <summary>
/// Clients that call <c>/infer</c> by way of a host whose worker is killed now and then: the host answers 5xx for it, or resets the
/// connection where the answer has begun.
/// </summary>
internal sealed class HostedLoad : IAsyncDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly Task _clients;
    private int _admitted;
    private int _refused;

    public HostedLoad(FunctionsHost host, ApiKey key, int clients) =>
        _clients = Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(() => CallAsync(host, key))));

    public int Admitted => Volatile.Read(ref _admitted);

    public int Refused => Volatile.Read(ref _refused);

    /// <summary>Waits until the counts are such.</summary>
    public Task UntilAsync(Func<HostedLoad, bool> condition, string what) => Patience.UntilAsync(
        async () =>
        {
            if (_clients.IsFaulted)
                await _clients;
            return condition(this);
        },
        what);

    public async Task StopAsync()
    {
        await _over.CancelAsync();
        await Patience.WaitAsync(_clients, "the clients to stop");
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _clients.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _over.Dispose();
    }

    private async Task CallAsync(FunctionsHost host, ApiKey key)
    {
        using var client = host.Client(key);
        while (!_over.IsCancellationRequested)
        {
            using var answer = await TryInferAsync(client);
            if (answer is null)
                continue;
            if (answer.StatusCode == HttpStatusCode.OK)
                Interlocked.Increment(ref _admitted);
            else if (answer.StatusCode == HttpStatusCode.TooManyRequests)
                Interlocked.Increment(ref _refused);
            else if ((int)answer.StatusCode < 500)
                throw new InvalidOperationException($"Neither admitted nor refused: {answer}");
        }
    }

    private static async Task<HttpResponseMessage?> TryInferAsync(HttpClient client)
    {
        try
        {
            return await client.InferAsync();
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
