using System.CommandLine;
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

    private static readonly Option<string?> Tables = new("--tables")
    {
        Description = "The connection string of a storage account, or UseDevelopmentStorage=true for a running Azurite: measures on it as well.",
    };

    private static readonly string[] Untuned = ["-p:PublishReadyToRun=false"];
    private static readonly string[] Tuned = ["-r", "linux-x64"];
    private static readonly string[] SelfContained = ["-r", "linux-x64", "--self-contained"];

    public static Command Create()
    {
        var command = new Command("cold-start", "From starting the published program to its first 200.") { Runs, Tables };
        command.SetAction((arguments, _) => RunAsync(arguments.GetValue(Runs), arguments.GetValue(Tables)));
        return command;
    }

    private static async Task RunAsync(int runs, string? tables)
    {
        List<ColdStartCase> cases = [];
        cases.AddRange(CasesOf("untuned", await PublishAsync("untuned", Product.PublishAsync(Untuned))));
        cases.AddRange(CasesOf("as published", await PublishAsync("as published", Product.PublishAsync(Tuned))));
        cases.AddRange(CasesOf("as published, self-contained", await PublishAsync("self-contained", Product.PublishAsync(SelfContained))));
        if (tables is not null)
            cases.AddRange(CasesOf("as published, tables", await PublishAsync("for tables", Product.PublishOnTablesAsync(tables, Tuned))));

        // In turn, so that what else the machine does hits all alike; the first start of each warms the system's cache.
        for (var run = 0; run <= runs; run++)
            foreach (var it in cases)
            {
                var start = await ColdStart.MeasureAsync(it.Product, it.Make());
                Progress.Say($"{it.Published}, {it.Request}: {start.Milliseconds:0} ms");
                if (run > 0)
                    it.Starts.Add(start);
            }

        ColdStartTable.Print(runs, cases);
        foreach (var product in cases.Select(it => it.Product).Distinct())
            product.Dispose();
    }

    private static Task<Product> PublishAsync(string name, Task<Product> published)
    {
        Progress.Say($"publishing {name}");
        return published;
    }

    private static ColdStartCase[] CasesOf(string published, Product product) =>
    [
        new(published, "GET /healthz", product, () => new(HttpMethod.Get, "/healthz")),
        new(published, $"POST {Work.Path}", product, () => Infer(product)),
    ];

    private static HttpRequestMessage Infer(Product product) => new(HttpMethod.Post, Work.Path)
    {
        Headers = { { "Authorization", product.Authorization } },
        Content = new StringContent(Work.Body, Encoding.UTF8, "application/json"),
    };
}

/// <param name="Published">How the program was.</param>
/// <param name="Request">The first that it answers.</param>
/// <param name="Product">The program.</param>
/// <param name="Make">Makes the request.</param>
internal sealed record ColdStartCase(string Published, string Request, Product Product, Func<HttpRequestMessage> Make)
{
    public List<ColdStart> Starts { get; } = [];

    public double Median => Statistics.Median(Starts.Select(start => start.Milliseconds));
}
