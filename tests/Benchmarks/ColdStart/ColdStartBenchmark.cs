using System.CommandLine;
using System.Diagnostics;
using System.Text;
using FunctionsApi.Benchmarks.Servers;

namespace FunctionsApi.Benchmarks.ColdStart;

/// <summary>
/// <c>cold-start</c>: from starting the process to the first answer, for a store that has been used before. The files are
/// in the system's cache; nothing else is warm. A process answers one request, so that none prepares the way for another.
/// </summary>
internal static class ColdStartBenchmark
{
    private static readonly Option<int> Runs = new("--runs") { Description = "Starts for each figure.", DefaultValueFactory = _ => 11 };

    private static readonly (string Name, string[] Options)[] Publications =
    [
        ("framework-dependent", []),
        ("framework-dependent, ReadyToRun", ["-r", "linux-x64", "--self-contained", "false", "-p:PublishReadyToRun=true"]),
    ];

    public static Command Create()
    {
        var command = new Command("cold-start", "From starting the published program to its first 200.") { Runs };
        command.SetAction((arguments, _) => RunAsync(arguments.GetValue(Runs)));
        return command;
    }

    private static async Task RunAsync(int runs)
    {
        List<Case> cases = [];
        foreach (var (name, options) in Publications)
        {
            Progress.Say($"publishing {name}");
            var product = await Product.PublishAsync(options);
            cases.Add(new(name, "GET /healthz", product, () => new(HttpMethod.Get, "/healthz")));
            cases.Add(new(name, $"POST {Work.Path}", product, () => Infer(product)));
        }

        // In turn, so that what else the machine does hits all alike; the first start of each warms the system's cache.
        for (var run = 0; run <= runs; run++)
            foreach (var start in cases)
            {
                var time = (await StartAsync(start.Product, start.Make())).TotalMilliseconds;
                Progress.Say($"{start.Published}, {start.Request}: {time:0} ms");
                if (run > 0)
                    start.Milliseconds.Add(time);
            }

        Print(runs, cases);
        foreach (var product in cases.Select(start => start.Product).Distinct())
            product.Dispose();
    }

    private static void Print(int runs, List<Case> cases)
    {
        Console.WriteLine($"From starting the process to the first 200, milliseconds, {runs} starts each, in turn");
        Console.WriteLine();
        Console.WriteLine("| published | request | median | fastest | slowest |");
        Console.WriteLine("|---|---|---:|---:|---:|");
        foreach (var start in cases)
            Console.WriteLine(
                $"| {start.Published} | {start.Request} | **{Statistics.Median(start.Milliseconds):0}** "
                + $"| {start.Milliseconds.Min():0} | {start.Milliseconds.Max():0} |");
    }

    private static async Task<TimeSpan> StartAsync(Product product, HttpRequestMessage request)
    {
        var started = Stopwatch.GetTimestamp();
        await using var server = await product.StartAsync();
        using var client = new HttpClient { BaseAddress = server.Address };
        using var response = await client.SendAsync(request);
        var taken = Stopwatch.GetElapsedTime(started);
        response.EnsureSuccessStatusCode();
        return taken;
    }

    private static HttpRequestMessage Infer(Product product) => new(HttpMethod.Post, Work.Path)
    {
        Headers = { { "Authorization", product.Authorization } },
        Content = new StringContent(Work.Body, Encoding.UTF8, "application/json"),
    };

    private sealed record Case(string Published, string Request, Product Product, Func<HttpRequestMessage> Make)
    {
        public List<double> Milliseconds { get; } = [];
    }
}
