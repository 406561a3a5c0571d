namespace FunctionsApi.EndToEnd.Tests.Running;

/// <summary>Clients that call <c>/infer</c> as fast as they are answered, and count the answers.</summary>
internal sealed class Hammer : IAsyncDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly Task _clients;
    private int _admitted;
    private int _refused;

    /// <param name="key">Everybody's key.</param>
    /// <param name="clients">How many there are.</param>
    /// <param name="server">The server to call now; asked again when one has gone.</param>
    public Hammer(ApiKey key, int clients, Func<Task<RunningServer>> server) =>
        _clients = Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(() => CallAsync(key, server))));

    public int Admitted => Volatile.Read(ref _admitted);

    public int Refused => Volatile.Read(ref _refused);

    /// <summary>Waits until the counts are such.</summary>
    public Task UntilAsync(Func<Hammer, bool> condition, string what) => Patience.UntilAsync(
        async () =>
        {
            if (_clients.IsFaulted)
                await _clients;
            return condition(this);
        },
        $"{what} (admitted {Admitted}, refused {Refused} when the wait began)");

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

    private async Task CallAsync(ApiKey key, Func<Task<RunningServer>> server)
    {
        while (!_over.IsCancellationRequested)
        {
            using var client = (await server()).Client(key);
            try
            {
                while (!_over.IsCancellationRequested)
                    Count(await client.InferAsync());
            }
            catch (HttpRequestException)
            {
                // It was killed.
            }
        }
    }

    private void Count(HttpResponseMessage answer)
    {
        using (answer)
        {
            if (answer.StatusCode == HttpStatusCode.OK)
                Interlocked.Increment(ref _admitted);
            else if (answer.StatusCode == HttpStatusCode.TooManyRequests)
                Interlocked.Increment(ref _refused);
            else
                throw new InvalidOperationException($"Neither admitted nor refused: {answer}");
        }
    }
}
