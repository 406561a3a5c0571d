using System.CommandLine;
using System.Diagnostics;
using System.Text;
using FunctionsApi.Agents;
using FunctionsApi.Agents.Analytics;
using FunctionsApi.Agents.Analytics.Journal;
using FunctionsApi.Storage;
using FunctionsApi.Storage.Sqlite;

namespace FunctionsApi.Benchmarks.Events;

/// <summary>
/// Batches of 1,000 events with ids into one SQLite file, durable before each is acknowledged: the journal, with ids and counts, against a row
/// for each event and a row for its id, 25 events to a batch, which is how it was before and counts nothing.
/// </summary>
internal static class EventsBenchmark
{
    private const int EventsPerRequest = 1000;

    private static readonly Option<int> Seconds = new("--seconds") { DefaultValueFactory = _ => 10, Description = "How long each is measured." };

    public static Command Create()
    {
        var command = new Command("events", "Events a second on SQLite: the journal, and a row for each event.") { Seconds };
        command.SetAction((arguments, _) => RunAsync(TimeSpan.FromSeconds(arguments.GetValue(Seconds))));
        return command;
    }

    private static async Task RunAsync(TimeSpan length)
    {
        Console.WriteLine($"Batches of {EventsPerRequest:N0} events of some 200 bytes with ids, {length.TotalSeconds:0} s each");
        Console.WriteLine();
        Console.WriteLine("| storage | tenants | senders | events/s | p50 ms | p99 ms | a ledger's write, p99 ms | bytes/event | journal / this |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var (tenants, senders) in new[] { (1, 1), (1, 8), (8, 8) })
        {
            var journal = await MeasureAsync(length, tenants, senders, static store => new JournalWriter(store));
            var rows = await MeasureAsync(length, tenants, senders, static store => new RowWriter(store));
            Print("journal", tenants, senders, journal, "");
            Print("a row an event", tenants, senders, rows, $"{journal.EventsPerSecond / rows.EventsPerSecond:0.0}");
        }
    }

    private static void Print(string storage, int tenants, int senders, Measured measured, string ratio) => Console.WriteLine(
        $"| {storage} | {tenants} | {senders} | {measured.EventsPerSecond:N0} | {measured.P50:0.0} | {measured.P99:0.0} | {measured.LedgerP99:0.0} | {measured.BytesPerEvent:N0} | {ratio} |");

    private static async Task<Measured> MeasureAsync(TimeSpan length, int tenants, int senders, Func<ITableStore, IEventWriter> create)
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var path = Path.Combine(folder.FullName, "events.db");
            await using var store = await SqliteTableStore.OpenAsync(path, new SqliteOptions { UrgentTables = ["Quotas"] });
            var writer = create(store);
            using var over = new CancellationTokenSource();
            var ledger = LedgerAsync(store, over.Token);
            var started = Stopwatch.GetTimestamp();
            var times = await Task.WhenAll(Enumerable.Range(0, senders).Select(sender => Task.Run(() => SendAsync(writer, $"t{sender % tenants}", sender, length))));
            var elapsed = Stopwatch.GetElapsedTime(started);
            await over.CancelAsync();
            var all = times.SelectMany(it => it).Order().ToList();
            var ledgerTimes = (await ledger).Order().ToList();
            var events = (double)all.Count * EventsPerRequest;
            return new(events / elapsed.TotalSeconds, At(all, 0.5), At(all, 0.99), At(ledgerTimes, 0.99), folder.EnumerateFiles().Sum(file => file.Length) / events);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<List<double>> SendAsync(IEventWriter writer, string tenant, int sender, TimeSpan length)
    {
        List<double> times = [];
        var started = Stopwatch.GetTimestamp();
        for (var request = 0; Stopwatch.GetElapsedTime(started) < length; request++)
        {
            var events = Request(sender, request);
            var sent = Stopwatch.GetTimestamp();
            await writer.WriteAsync(tenant, events);
            times.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
        }

        return times;
    }

    // What the ledger does meanwhile: a small row, again and again.
    private static async Task<List<double>> LedgerAsync(SqliteTableStore store, CancellationToken over)
    {
        List<double> times = [];
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        while (!over.IsCancellationRequested)
        {
            var asked = Stopwatch.GetTimestamp();
            await store.PutAsync("Quotas", new(new("key:k1", ""), new Dictionary<string, object> { ["state"] = new byte[200] }, PutCondition.None), CancellationToken.None);
            times.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
            await pause.WaitForNextTickAsync(CancellationToken.None);
        }

        return times;
    }

    private static AnalyticsEvent[] Request(int sender, int request)
    {
        var now = TimeProvider.System.GetUtcNow();
        return [.. Enumerable.Range(0, EventsPerRequest).Select(number =>
        {
            var (id, page) = ($"{sender}-{request}-{number}", $"/products/{number % 97}");
            var json = $$$"""{"type":"page-view","id":"{{{id}}}","page":"{{{page}}}","timestamp":"{{{now:O}}}","properties":{"session":"{{{Guid.NewGuid()}}}","width":{{{number % 2000}}},"referrer":"https://example.com/"}}""";
            return new AnalyticsEvent("page-view", now, id, page, Encoding.UTF8.GetBytes(json));
        })];
    }

    private static double At(List<double> sorted, double share) => sorted.Count == 0 ? 0 : sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))];

    private readonly record struct Measured(double EventsPerSecond, double P50, double P99, double LedgerP99, double BytesPerEvent);

    private interface IEventWriter
    {
        Task WriteAsync(string tenant, AnalyticsEvent[] events);
    }

    private sealed class JournalWriter(ITableStore store) : IEventWriter
    {
        private readonly EventJournal _journal = new(store, new TenantTurns(), TimeProvider.System);

        public Task WriteAsync(string tenant, AnalyticsEvent[] events) => _journal.AppendAsync(tenant, events, CancellationToken.None);
    }

    private sealed class RowWriter(ITableStore store) : IEventWriter
    {
        private const int EventsPerBatch = 25;

        public Task WriteAsync(string tenant, AnalyticsEvent[] events) => Parallel.ForEachAsync(
            events.Chunk(EventsPerBatch), new ParallelOptions { MaxDegreeOfParallelism = TenantTurns.AtATime }, async (batch, cancelled) =>
            {
                if (await store.BatchAsync("Events", [.. batch.SelectMany(it => Puts(tenant, it))], cancelled) is null)
                    throw new InvalidOperationException("An id was written twice.");
            });

        private static IEnumerable<TablePut> Puts(string tenant, AnalyticsEvent sent)
        {
            var row = $"at|{sent.Timestamp.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fffffff}|{Guid.NewGuid():N}";
            yield return new(new(tenant, $"id|{sent.Id}"), new Dictionary<string, object> { ["row"] = row }, PutCondition.IfAbsent);
            yield return new(
                new(tenant, row),
                new Dictionary<string, object> { ["type"] = sent.Type, ["timestamp"] = sent.Timestamp, ["event"] = Encoding.UTF8.GetString(sent.Json.Span) },
                PutCondition.None);
        }
    }
}
