using System.CommandLine;
using FunctionsApi.Benchmarks.Servers;

namespace FunctionsApi.Benchmarks.ColdStart;

/// <summary>
/// <c>cold-start</c>: from starting the process to the first answer, for a store that has been used before, alone and behind the double
/// of the Functions host, there beside an empty function app. The files are in the system's cache and the double is warm; nothing
/// else is. A process answers one request, so that none prepares the way for another.
/// </summary>
internal static class ColdStartBenchmark
{
    private static readonly Option<int> Runs = new("--runs") { Description = "Starts for each figure.", DefaultValueFactory = _ => 11 };

    private static readonly Option<bool> Alternatives = new("--alternatives")
    {
        Description = "Measures other ways to publish as well: without ReadyToRun, and with the runtime.",
    };

    private static readonly Option<string?> Tables = new("--tables")
    {
        Description = "The connection string of a storage account, or UseDevelopmentStorage=true for a running Azurite: measures on it as well.",
    };

    public static Command Create()
    {
        var command = new Command("cold-start", "From starting the published program to its first 200.") { Runs, Alternatives, Tables };
        command.SetAction((arguments, _) =>
            RunAsync(arguments.GetValue(Runs), arguments.GetValue(Alternatives), arguments.GetValue(Tables)));
        return command;
    }

    private static async Task RunAsync(int runs, bool alternatives, string? tables)
    {
        List<ColdStartCase> cases = [];
        List<Product> products = [];
        await AddUsualAsync();
        if (alternatives)
        {
            await AddAloneAsync("untuned", Product.PublishAsync("-p:PublishReadyToRun=false"));
            await AddAloneAsync("self-contained", Product.PublishAsync("--self-contained"));
        }

        if (tables is not null)
            await AddAloneAsync("on tables", Product.PublishOnTablesAsync(tables));

        // In turn, so that what else the machine does hits all alike; the first start of each warms the system's cache.
        for (var run = 0; run <= runs; run++)
            foreach (var it in cases)
            {
                var start = await ColdStart.MeasureAsync(it.StartAsync, it.Request.Make());
                Progress.Say($"{it.Name}, {it.Request.Name}: {start.Milliseconds:0} ms");
                if (run > 0)
                    it.Starts.Add(start);
            }

        ColdStartTable.Print(runs, cases);
        products.ForEach(product => product.Dispose());

        async Task AddUsualAsync()
        {
            Progress.Say("publishing the empty app");
            await EmptyFunctionApp.PublishAsync();
            var product = await AddAloneAsync("alone", Product.PublishAsync());
            var empty = new ColdStartCase("empty app under the host", FirstRequest.Infer(product), EmptyFunctionApp.StartAsync);
            cases.Add(empty);
            cases.Add(new("under the host", FirstRequest.Healthz, product.StartUnderHostAsync) { Rival = empty });
            cases.Add(new("under the host", FirstRequest.Infer(product), product.StartUnderHostAsync) { Rival = empty });
        }

        async Task<Product> AddAloneAsync(string name, Task<Product> publishing)
        {
            Progress.Say($"publishing: {name}");
            var product = await publishing;
            products.Add(product);
            cases.AddRange(
                from request in new[] { FirstRequest.Healthz, FirstRequest.Infer(product) }
                select new ColdStartCase(name, request, async () => await product.StartAsync())
                {
                    Rival = cases.Find(other => other.Name == "alone" && other.Request.Name == request.Name),
                });
            return product;
        }
    }
}
