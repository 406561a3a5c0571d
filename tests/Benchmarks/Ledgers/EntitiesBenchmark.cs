using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.TestKit;

namespace FunctionsApi.Benchmarks.Ledgers;

/// <summary><c>entities</c>: durable entities against rows, on one Azurite in one run.</summary>
internal static class EntitiesBenchmark
{
    private const int Keys = 40;
    private const int KeysAtOnce = 64;
    private const int PerSecond = 1_000;
    private const int HotLimit = 1_000_000;
    private const int SaturatingInstances = 4;
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(15);

    public static Command Create()
    {
        var command = new Command("entities", "The ledger on durable entities against the one on rows, on one Azurite: new keys, a hot partition, a saturated one.");
        command.SetAction(async (_, _) =>
        {
            await using var azurite = await Azurite.StartAsync();
            await using var entities = await LedgerUnderTest.OnEntitiesAsync(azurite.ConnectionString);
            LedgerUnderTest[] ledgers = [LedgerUnderTest.OnRows(azurite.ConnectionString), entities];
            using var requests = new StorageRequests();
            foreach (var ledger in ledgers)
                await FirstRequestAsync(ledger, requests, "warm-up");
            await PrintAsync("| ledger | first request of a key, p50 | p95 | storage requests of it, median | of the next 5, waited | 64 new keys at once, all |", ledgers, async ledger =>
            {
                var (waits, asked, waited) = await FirstRequestsAsync(ledger, requests);
                return $"{waits[Keys / 2]:N0} ms | {waits[Keys * 95 / 100]:N0} ms | {ledger.MessagesOfOperation + asked[Keys / 2]} | {waited} | {await AtOnceAsync(ledger):N0} ms |";
            });
            await PrintAsync($"| ledger | {PerSecond:N0} requests/s on one key with headroom, admitted | operations | batches | admissions per operation | over-admissions |", ledgers, HotAsync);
            await PrintAsync($"| ledger | {SaturatingInstances} instances on one key beyond its limit: operations/s and instance | usable in 60 s | over-admissions |", ledgers, SaturatedAsync);
        });
        return command;
    }

    private static async Task PrintAsync(string heading, LedgerUnderTest[] ledgers, Func<LedgerUnderTest, Task<string>> measure)
    {
        Console.WriteLine(heading);
        Console.WriteLine("|---" + string.Concat(Enumerable.Repeat("|---:", heading.Count(c => c == '|') - 2)) + "|");
        foreach (var ledger in ledgers)
        {
            Progress.Say($"{ledger.Name}: {heading.Split('|')[2].Trim()}");
            Console.WriteLine($"| {ledger.Name} | {await measure(ledger)}");
        }
        Console.WriteLine();
    }

    private static async Task<(double[] Waits, int[] Asked, int Waited)> FirstRequestsAsync(LedgerUnderTest ledger, StorageRequests requests)
    {
        var answers = new List<(double Wait, int Asked, int Waited)>();
        for (var i = 0; i < Keys; i++)
            answers.Add(await FirstRequestAsync(ledger, requests, $"key:first-{i}"));
        return ([.. answers.Select(answer => answer.Wait).Order()], [.. answers.Select(answer => answer.Asked).Order()], answers.Sum(answer => answer.Waited));
    }

    private static async Task<(double Wait, int Asked, int Waited)> FirstRequestAsync(LedgerUnderTest ledger, StorageRequests requests, string key)
    {
        await using var limiter = new QuotaLimiter(ledger.Open(), new(), TimeProvider.System);
        var charge = Inference();
        var (before, began) = (requests.Counted, Stopwatch.GetTimestamp());
        await limiter.AcquireAsync(key, charge);
        var wait = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        // An answer is there before the engine has put everything away.
        using var settled = new PeriodicTimer(Settling, TimeProvider.System);
        await settled.WaitForNextTickAsync();
        var (asked, waited) = (requests.Counted - before, 0);
        for (var i = 0; i < 5; i++)
        {
            var answer = limiter.AcquireAsync(key, charge);
            waited += answer.IsCompleted ? 0 : 1;
            await answer;
        }
        return (wait, asked, waited);
    }

    private static async Task<double> AtOnceAsync(LedgerUnderTest ledger)
    {
        await using var limiter = new QuotaLimiter(ledger.Open(), new(), TimeProvider.System);
        var charge = Inference();
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, KeysAtOnce).Select(i => limiter.AcquireAsync($"key:crowd-{i}", charge).AsTask()));
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    private static async Task<string> HotAsync(LedgerUnderTest ledger)
    {
        var limits = ImmutableDictionary<string, LimitSetting>.Empty
            .Add("requests-per-hour", new(HotLimit)).Add("requests-per-day", new(10_000_000)).Add("concurrency", new(1_000));
        var charge = Plans.Read()[ApiKind.Agents].Find("enterprise", limits)!.ChargeFor("search");
        var before = ledger.Done;
        await using var limiter = new QuotaLimiter(ledger.Open(), new(), TimeProvider.System);
        var admitted = await HammerAsync(limiter, charge, "key:hot", PerSecond);
        var (operations, batches) = (ledger.Done.Operations - before.Operations, ledger.Done.Batches - before.Batches);
        return $"{admitted.Count:N0} | {operations:N0} | {batches:N0} | **{(double)admitted.Count / operations:N0}** | **{Math.Max(0, admitted.Count - HotLimit)}** |";
    }

    private static async Task<string> SaturatedAsync(LedgerUnderTest ledger)
    {
        var charge = Inference();
        var limit = charge.PolicyOf(0).Limit;
        var limiters = Enumerable.Range(0, SaturatingInstances).Select(_ => new QuotaLimiter(ledger.Open(), new(), TimeProvider.System)).ToList();
        var before = ledger.Done.Operations;
        var admitted = (await Task.WhenAll(limiters.Select(limiter => HammerAsync(limiter, charge, "key:saturated", 100)))).SelectMany(one => one).Order().ToList();
        var each = (ledger.Done.Operations - before) / Length.TotalSeconds / SaturatingInstances;
        foreach (var limiter in limiters)
            await limiter.DisposeAsync();
        // The run is shorter than the window: all of it is in one.
        return $"**{each:N1}** | **{Math.Min(1, (double)admitted.Count / limit):P1}** | **{Math.Max(0, admitted.Count - limit)}** |";
    }

    private static async Task<List<DateTimeOffset>> HammerAsync(QuotaLimiter limiter, Charge charge, string key, int perSecond)
    {
        var answers = new List<Task<Decision>>();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < Length && await timer.WaitForNextTickAsync())
            while (answers.Count < perSecond * Stopwatch.GetElapsedTime(started).TotalSeconds)
                answers.Add(AskAsync(limiter, charge, key));
        var decisions = await Task.WhenAll(answers);
        return [.. decisions.Where(decision => decision.Outcome == Outcome.Admitted).Select(decision => decision.At.ToDateTimeOffset())];
    }

    private static async Task<Decision> AskAsync(QuotaLimiter limiter, Charge charge, string key)
    {
        var decision = await limiter.AcquireAsync(key, charge);
        decision.Release();
        return decision;
    }

    private static Charge Inference() => Plans.Read()[ApiKind.Inference].Find("enterprise", ImmutableDictionary<string, LimitSetting>.Empty)!.ChargeFor("infer");
}
