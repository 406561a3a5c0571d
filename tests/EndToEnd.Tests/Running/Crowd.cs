using System.Diagnostics;

namespace FunctionsApi.EndToEnd.Tests.Running;

/// <summary>
/// Clients of one key, spread over servers, that count their answers. They ask as fast as they are answered while they are
/// admitted, and a little later where they are not.
/// </summary>
internal sealed class Crowd : IAsyncDisposable
{
    private static readonly TimeSpan AfterRefusal = TimeSpan.FromMilliseconds(25);

    private readonly CancellationTokenSource _over = new();
    private readonly Task _clients;
    private readonly Func<HttpClient, Task<HttpResponseMessage>> _ask;
    private int _admitted;
    private int _refused;
    private int _unavailable;
    private int _lost;
    private long _slowestTicks;

    /// <param name="key">Everybody's key.</param>
    /// <param name="servers">For each client the server that it calls now; asked again when that one has gone.</param>
    /// <param name="ask">What to ask.</param>
    public Crowd(
        ApiKey key, IEnumerable<Func<Task<RunningServer>>> servers, Func<HttpClient, Task<HttpResponseMessage>>? ask = null)
        : this(servers.Select<Func<Task<RunningServer>>, Func<Task<HttpClient>>>(server => async () => (await server()).Client(key)), ask)
    {
    }

    /// <param name="clients">Makes for each client the one of the server that it calls now; asked again when that one has gone.</param>
    /// <param name="ask">What to ask.</param>
    public Crowd(IEnumerable<Func<Task<HttpClient>>> clients, Func<HttpClient, Task<HttpResponseMessage>>? ask = null)
    {
        _ask = ask ?? (client => client.InferAsync());
        _clients = Task.WhenAll(clients.Select(client => Task.Run(() => CallAsync(client))));
    }

    public int Admitted => Volatile.Read(ref _admitted);

    /// <summary>Answered 429.</summary>
    public int Refused => Volatile.Read(ref _refused);

    /// <summary>Answered 503.</summary>
    public int Unavailable => Volatile.Read(ref _unavailable);

    /// <summary>Requests that got no answer because their server was killed: each may have been admitted.</summary>
    public int Lost => Volatile.Read(ref _lost);

    /// <summary>How long the slowest answer took.</summary>
    public TimeSpan Slowest => new(Volatile.Read(ref _slowestTicks));

    /// <summary>So many clients for each of these servers, which do not change.</summary>
    public static IEnumerable<Func<Task<RunningServer>>> Of(IEnumerable<RunningServer> servers, int clients) =>
        servers.SelectMany(server => Enumerable.Repeat(() => Task.FromResult(server), clients));

    /// <summary>Waits until the counts are such.</summary>
    public async Task UntilAsync(Func<Crowd, bool> condition, string what, TimeSpan? limit = null)
    {
        try
        {
            await Patience.UntilAsync(
                async () =>
                {
                    if (_clients.IsFaulted)
                        await _clients;
                    return condition(this);
                },
                what,
                limit);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"{exception.Message} There are: {this}.");
        }
    }

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

    public override string ToString() =>
        $"{Admitted} admitted, {Refused} refused, {Unavailable} unavailable, {Lost} lost, slowest {Slowest.TotalSeconds:0.00} s";

    private async Task CallAsync(Func<Task<HttpClient>> connect)
    {
        using var pause = new PeriodicTimer(AfterRefusal);
        while (!_over.IsCancellationRequested)
        {
            using var client = await connect();
            try
            {
                while (!_over.IsCancellationRequested)
                    if (!await CallAsync(client))
                        await pause.WaitForNextTickAsync(CancellationToken.None);
            }
            catch (HttpRequestException)
            {
                Interlocked.Increment(ref _lost);
            }
        }
    }

    private async Task<bool> CallAsync(HttpClient client)
    {
        var since = Stopwatch.GetTimestamp();
        using var answer = await _ask(client);
        Note(Stopwatch.GetElapsedTime(since));
        return Count(answer);
    }

    private bool Count(HttpResponseMessage answer)
    {
        if (answer.IsSuccessStatusCode)
            Interlocked.Increment(ref _admitted);
        else if (answer.StatusCode == HttpStatusCode.TooManyRequests)
            Interlocked.Increment(ref _refused);
        else if (answer is { StatusCode: HttpStatusCode.ServiceUnavailable, Headers.RetryAfter: not null })
            Interlocked.Increment(ref _unavailable);
        else
            throw new InvalidOperationException($"Neither admitted nor refused: {answer}");
        return answer.IsSuccessStatusCode;
    }

    private void Note(TimeSpan took)
    {
        for (var seen = Volatile.Read(ref _slowestTicks); took.Ticks > seen;)
        {
            var before = Interlocked.CompareExchange(ref _slowestTicks, took.Ticks, seen);
            if (before == seen)
                return;
            seen = before;
        }
    }
}
