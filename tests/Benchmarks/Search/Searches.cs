using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using FunctionsApi.Agents;
using FunctionsApi.Agents.Knowledge;
using FunctionsApi.Settings;
using FunctionsApi.Storage.Sqlite;

namespace FunctionsApi.Benchmarks.Search;

/// <summary>A tenant's pages, and searches for what is in them.</summary>
internal sealed class Searches(Uri address, string authorization) : IDisposable
{
    public const string Tenant = "searcher";

    private const int Vocabulary = 20_000, WordsOnPage = 400;

    private readonly HttpClient _client = new(new SocketsHttpHandler()) { BaseAddress = address, DefaultRequestHeaders = { Authorization = AuthenticationHeaderValue.Parse(authorization) } };
    private readonly ConcurrentQueue<double> _latencies = new();
    private TimeSpan _length;

    public double PerSecond => _latencies.Count / _length.TotalSeconds;

    /// <summary>How often readiness did not say that the ledger was well.</summary>
    public int LedgerTrouble { get; private set; }

    /// <summary>Of the searches' latencies, in ms.</summary>
    public double Percentile(int percent) => _latencies.Order().ElementAt(_latencies.Count * percent / 100);

    /// <summary>Stores pages of words, some of which are frequent and most rare, as in a language.</summary>
    public static async Task StoreAsync(string path, int pages)
    {
        await using var store = await SqliteTableStore.OpenAsync(path);
        using var turns = new TenantTurns();
        var table = new DocumentTable(store, turns, new KnowledgeOptions { MaxDocuments = 1_000_000, MaxMebibytes = 1_000_000 }, TimeProvider.System);
        var random = new Random(1);
        for (var page = 0; page < pages; page++)
            await table.PutAsync(Tenant, Document.Of($"https://docs.example/{page}", Words(random, 4), Words(random, WordsOnPage) + ".", TimeProvider.System.GetUtcNow()), CancellationToken.None);
    }

    /// <summary>Waits until a search is answered.</summary>
    public async Task WaitAsync()
    {
        HttpStatusCode status;
        do
        {
            using var response = await _client.GetAsync(Query(new(1)));
            status = response.StatusCode;
        }
        while (status == HttpStatusCode.ServiceUnavailable);
    }

    /// <summary>Keeps so many searches in flight until it is disposed of.</summary>
    public IAsyncDisposable Begin(int inFlight) => new Run(this, inFlight);

    public void Dispose() => _client.Dispose();

    private static string Query(Random random) => $"/api/v1/knowledge/search?q={Uri.EscapeDataString(Words(random, 2))}";

    private static string Words(Random random, int count) => string.Join(' ', Enumerable.Range(0, count).Select(_ => Word(random)));

    // Zipf: the word of a place is as frequent as the place is near.
    private static string Word(Random random) => $"word{(int)Math.Pow(Vocabulary, random.NextDouble())}";

    private sealed class Run : IAsyncDisposable
    {
        private readonly CancellationTokenSource _over = new();
        private readonly long _began = Stopwatch.GetTimestamp();
        private readonly Searches _searches;
        private readonly Task _all;

        public Run(Searches searches, int inFlight)
        {
            _searches = searches;
            _all = Task.WhenAll(Enumerable.Range(0, inFlight).Select(SearchAsync).Append(WatchAsync()));
        }

        public async ValueTask DisposeAsync()
        {
            await _over.CancelAsync();
            await _all;
            _searches._length += Stopwatch.GetElapsedTime(_began);
            _over.Dispose();
        }

        private async Task SearchAsync(int seed)
        {
            var random = new Random(seed);
            while (!_over.IsCancellationRequested)
            {
                var sent = Stopwatch.GetTimestamp();
                using var response = await _searches._client.GetAsync(Query(random));
                response.EnsureSuccessStatusCode();
                _searches._latencies.Enqueue(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            }
        }

        private async Task WatchAsync()
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
            while (!_over.IsCancellationRequested && await timer.WaitForNextTickAsync())
            {
                using var response = await _searches._client.GetAsync("/readyz");
                if (!response.IsSuccessStatusCode || (await response.Content.ReadAsStringAsync()).Contains("slow", StringComparison.Ordinal))
                    _searches.LedgerTrouble++;
            }
        }
    }
}
