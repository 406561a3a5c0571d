using System.CommandLine;
using System.Diagnostics;
using FunctionsApi.Benchmarks.Servers;
using FunctionsApi.Tests.Agents.Knowledge;

namespace FunctionsApi.Benchmarks.Search;

/// <summary>
/// <c>search</c>: what 50 searches in flight of one tenant with many pages cost another tenant's <c>/infer</c>, and how well the question
/// set of the tests is found and answered.
/// </summary>
internal static class SearchBenchmark
{
    private static readonly Option<int> Pages = Number("--pages", 10_000, "How many pages the searching tenant has.");
    private static readonly Option<int> InFlight = Number("--in-flight", 50, "How many searches are in flight.");
    private static readonly Option<int> Rounds = Number("--rounds", 5, "How often each side has its turn.");
    private static readonly Option<int> Seconds = Number("--seconds", 4, "How long a turn is.");

    public static Command Create()
    {
        var command = new Command("search", "POST /infer while another tenant searches; and the question set.") { Pages, InFlight, Rounds, Seconds };
        command.SetAction(async (arguments, _) =>
        {
            await RunAsync(arguments.GetValue(Pages), arguments.GetValue(InFlight), arguments.GetValue(Rounds), TimeSpan.FromSeconds(arguments.GetValue(Seconds)));
            PrintQuestions();
        });
        return command;
    }

    private static async Task RunAsync(int pages, int inFlight, int rounds, TimeSpan length)
    {
        Progress.Say("publishing FunctionsApi");
        using var product = await Product.PublishAsync();
        Progress.Say($"storing {pages:N0} pages");
        var authorization = await product.AddTenantAsync(Searches.Tenant, "agents", "pro", ("requests-per-hour", 1_000_000_000), ("requests-per-day", 1_000_000_000), ("concurrency", 1_000));
        await Searches.StoreAsync(product.Store, pages);
        await using var server = await product.StartAsync();
        await using var infer = new InferCaller(server.Address, product.Authorization);
        using var searches = new Searches(server.Address, authorization);
        var built = Stopwatch.StartNew();
        await searches.WaitAsync();
        Progress.Say($"the index took {built.Elapsed.TotalSeconds:0.0} s");
        await infer.CallAsync(length);

        List<double> idle = [], busy = [], worst = [];
        for (var round = 1; round <= rounds; round++)
        {
            Progress.Say($"round {round} of {rounds}");
            idle.Add(Statistics.Median(await infer.CallAsync(length)));
            await using (searches.Begin(inFlight))
            {
                var latencies = await infer.CallAsync(length);
                busy.Add(Statistics.Median(latencies));
                worst.Add(latencies.Order().ElementAt(latencies.Count * 99 / 100));
            }
        }

        Console.WriteLine($"{pages:N0} pages, {inFlight} searches in flight, {rounds} rounds of {length.TotalSeconds:0} s each in turn; medians");
        Console.WriteLine();
        Console.WriteLine("| index s | searches/s | search p50 ms | search p99 ms | `/infer` p50 ms, idle | p50 ms, searches in flight | p99 ms | times the idle p50, by round | median |");
        Console.WriteLine("|---:|---:|---:|---:|---:|---:|---:|---|---:|");
        Console.WriteLine(
            $"| {built.Elapsed.TotalSeconds:0.0} | {searches.PerSecond:N0} | {searches.Percentile(50):0} | {searches.Percentile(99):0} | {Statistics.Median(idle):0.00} | {Statistics.Median(busy):0.00} | {Statistics.Median(worst):0.00} "
            + $"| {string.Join(' ', idle.Zip(busy, (without, with) => $"{with / without:0.00}"))} | **{Statistics.Median(idle.Zip(busy, (without, with) => with / without)):0.00}** |");
        Console.WriteLine();
        Console.WriteLine($"The ledger was {(searches.LedgerTrouble == 0 ? "well all the time" : $"not well {searches.LedgerTrouble} times")}.");
        Console.WriteLine();
    }

    private static void PrintQuestions()
    {
        var tests = Path.Combine(Tool.Repository, "tests");
        var set = QuestionSet.Read(tests);
        using var index = QuestionSet.Index(tests);
        var found = set.Questions.Count(asked => QuestionSet.Found(index, asked.Question, limit: 3).Contains(asked.Page));
        var right = set.Questions.Count(asked => QuestionSet.IsRight(index, asked));
        Console.WriteLine("| questions | page among the first 3 found | right sentence first | without an answer | told so |");
        Console.WriteLine("|---:|---:|---:|---:|---:|");
        Console.WriteLine(
            $"| {set.Questions.Count} | **{(double)found / set.Questions.Count:0.00}** | **{(double)right / set.Questions.Count:0.00}** "
            + $"| {set.Unanswerable.Count} | {set.Unanswerable.Count(question => QuestionSet.Answered(index, question) is null)} |");
    }

    private static Option<int> Number(string name, int usual, string description) =>
        new(name) { Description = description, DefaultValueFactory = _ => usual };
}
