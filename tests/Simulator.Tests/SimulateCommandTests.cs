using System.Text.Json.Nodes;
using System.Xml.Linq;
using FunctionsApi.Cli;
using FunctionsApi.Quotas.Tests;
using Shouldly;
using Xunit;

namespace FunctionsApi.Simulator.Tests;

public sealed class SimulateCommandTests : IDisposable
{
    private static readonly string[] Small = ["--instances", "3", "--keys", "50", "--rps", "200", "--seconds", "2"];

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory();

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task The_same_seed_foretells_the_same()
    {
        var first = await RunAsync([.. Small, "--json"]);
        var report = JsonNode.Parse(first.Output)!;

        report["requests"]!.GetValue<long>().ShouldBe(400);
        report["admitted"]!.GetValue<long>().ShouldBeGreaterThan(0);
        report["storageOperations"]!.GetValue<long>().ShouldBeGreaterThan(0);
        (await RunAsync([.. Small, "--json"])).Output.ShouldBe(first.Output);
        (await RunAsync([.. Small, "--json", "--seed", "2"])).Output.ShouldNotBe(first.Output);
    }

    [Fact]
    public async Task The_price_is_per_storage_operation()
    {
        var report = JsonNode.Parse((await RunAsync([.. Small, "--json", "--price", "10"])).Output)!;
        var perRequest = report["storageOperations"]!.GetValue<double>() / report["requests"]!.GetValue<double>();
        report["dollarsPerMillionRequests"]!.GetValue<double>().ShouldBe(perRequest * 1_000_000 / 10_000 * 10, 0.001);
    }

    [Fact]
    public async Task A_low_limit_refuses_and_leaves_next_to_nothing_of_itself_unusable()
    {
        var report = JsonNode.Parse((await RunAsync(["--instances", "3", "--keys", "1", "--rps", "200", "--seconds", "3", "--limit", "100", "--json"])).Output)!;
        report["refused"]!.GetValue<long>().ShouldBeGreaterThan(500);
        report["unusableShareOfLimits"]!.GetValue<double>().ShouldBeLessThan(0.02);
    }

    [Fact]
    public async Task A_wait_that_the_end_finds_unfinished_is_counted()
    {
        var report = JsonNode.Parse((await RunAsync([.. Small, "--latency", "1s", "--json"])).Output)!;
        report["requests"]!.GetValue<long>().ShouldBe(400);
        report["waitP50Ms"]!.GetValue<double>().ShouldBeGreaterThan(1_000);
    }

    [Fact]
    public async Task It_says_how_long_a_time_was_simulated() =>
        (await RunAsync(Small)).Output.ShouldContain("Simulated 2 s after 5 s of warm-up, in ");

    [Fact]
    public async Task It_says_what_Table_Storage_would_not_serve()
    {
        var run = await RunAsync("--instances", "50", "--keys", "50000", "--zipf", "0", "--rps", "12000", "--seconds", "1");
        run.Output.ShouldContain("Warning: The store is asked for");
    }

    [Fact]
    public async Task A_sweep_is_drawn()
    {
        var file = Path.Combine(_directory.FullName, "sweep.svg");
        (await RunAsync([.. Small, "--sweep", "instances,keys", "--svg", file])).Error.ShouldBeEmpty();

        var dots = XDocument.Load(file).Descendants().Where(element => element.Name.LocalName == "circle");
        // 1, 2 and 3 instances and 50 keys, in each of five figures.
        dots.Count().ShouldBe((3 + 1) * 5);
    }

    [Theory]
    [InlineData("--zipf 9", "--zipf 9: it is 0 to 3.")]
    [InlineData("--instances 0", "--instances 0: it is 1 to 1,000.")]
    [InlineData("--rps -5", "--rps -5: it is 1 to 1,000,000.")]
    [InlineData("--rps many", "--rps many: it is 1 to 1,000,000.")]
    [InlineData("--latency 5", "--latency '5': it is 1ms to 1s, for example 5ms or 0.1s.")]
    [InlineData("--latency 2s", "--latency '2s': it is 1ms to 1s, for example 5ms or 0.1s.")]
    [InlineData("--plan gold", "--plan 'gold': the inference API has pro, team, enterprise.")]
    [InlineData("--api web", "--api 'web': the APIs are inference and agents.")]
    [InlineData("--endpoint search", "--endpoint 'search': the inference API has infer.")]
    [InlineData("--limit 0", "--limit 0: a limit is 1 to 1,000,000,000.")]
    [InlineData("--sweep zipf", "--sweep 'zipf': it can be instances, keys, or instances,keys.")]
    [InlineData("--svg a.svg", "--svg draws a sweep: add --sweep instances,keys.")]
    [InlineData("--sweep keys --svg /no/such/folder/a.svg", "--svg '/no/such/folder/a.svg': it cannot be written. ")]
    [InlineData("--sweep keys --svg .", "--svg '.': it cannot be written. ")]
    [InlineData("--api agents --plan enterprise", "--plan 'enterprise': requests-per-hour, requests-per-day, concurrency are set for each tenant; take a plan that has limits.")]
    public async Task What_cannot_be_simulated_is_told(string arguments, string message)
    {
        var run = await RunAsync(arguments.Split(' '));
        run.Code.ShouldBe(2);
        run.Error.ShouldContain(message);
        run.Output.ShouldBeEmpty();
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        await using var context = new CommandContext(output, error, new ManualTime());
        var code = await CommandLine.RunAsync(SimulateCommand.Create(context), arguments, context);
        return (code, output.ToString(), error.ToString());
    }
}
