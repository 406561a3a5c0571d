using System.Diagnostics;
using System.Globalization;

namespace FunctionsApi.EndToEnd.Tests.Dashboard;

/// <summary>What the usage page shows when traffic is over, against what clients of four servers were answered, one of which was killed.</summary>
public sealed class ExactUsageTests(Browser browser) : IClassFixture<Browser>, IAsyncLifetime
{
    private const int Servers = 4, Limit = 600;

    // As the page's help has it.
    private static readonly TimeSpan Unwritten = TimeSpan.FromSeconds(5);

    private readonly Installation _installation = new();
    private SignInServer _project = null!;

    public async ValueTask InitializeAsync() => _project = await SignInServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _installation.DisposeAsync();
        await _project.DisposeAsync();
    }

    [Fact]
    public async Task Each_answer_is_in_the_figures_but_for_what_a_killed_server_had_not_written()
    {
        await _installation.ApplyPlansAsync(Plans.Fixed("1d", Limit));
        await _installation.RunAsync("tenants", "set", "--tenant", "acme", "--inference", "pro");
        var customers = new List<Customer>();
        for (var i = 0; i < Servers; i++)
            customers.Add(new(await _installation.ServeAsync(_project.Settings), await _installation.CreateKeyAsync(user: "alice")));
        var (killed, others) = (customers[^1], customers[..^1]);

        using var over = new CancellationTokenSource();
        var calling = customers.Select(customer => Task.Run(() => customer.CallAsync(over.Token))).ToList();
        // Until some were refused, and the one that is to be killed has written something and answered more since.
        await Patience.UntilAsync(() => Task.FromResult(customers.TrueForAll(customer => customer.Count(HttpStatusCode.TooManyRequests) > 5)), "refusals");
        await WrittenAsync(others[0].Server, killed.Key, killed.Total);
        var answered = killed.Total;
        await Patience.UntilAsync(() => Task.FromResult(killed.Total >= answered + 20), "answers that are not written yet");
        var killedAt = Stopwatch.GetTimestamp();
        await killed.Server.Process.KillAsync();
        var before = others.Sum(customer => customer.Total);
        await Patience.UntilAsync(() => Task.FromResult(others.Sum(customer => customer.Total) >= before + 50), "answers of the others");
        await over.CancelAsync();
        await Task.WhenAll(calling);

        await using var visitor = await browser.VisitAsync(others[0].Server.Address, new() { ViewportSize = new() { Width = 1200, Height = 900 } });
        await visitor.OpenAsync();
        await visitor.SignInAsync(SignInServer.Email, SignInServer.Password);
        await Patience.UntilAsync(
            async () => (await ShownAsync(visitor)) is var shown && others.TrueForAll(customer => shown.GetValueOrDefault(customer.Key.Id) == customer.Answered),
            $"the page to show what was answered: {string.Join(", ", others.Select(customer => $"{customer.Key.Id} {customer.Answered}"))}",
            TimeSpan.FromSeconds(60));

        var (admitted, refused) = (await ShownAsync(visitor))[killed.Key.Id];
        (admitted + refused).ShouldBeInRange(killed.TotalBefore(killedAt - (long)(Unwritten.TotalSeconds * Stopwatch.Frequency)), killed.Total + killed.Lost);
        var hours = (await visitor.TableAsync("Last 24 hours"))[^1].Split('\t');
        (Number(hours[1]), Number(hours[2])).ShouldBe((others.Sum(customer => customer.Answered.Admitted) + admitted, others.Sum(customer => customer.Answered.Refused) + refused));
        // No leases were lost with the usage: nobody was sold more than the limit.
        customers.Sum(customer => customer.Answered.Admitted).ShouldBeLessThanOrEqualTo(Limit);
    }

    /// <summary>Until another server knows so many of a key's answers.</summary>
    private async Task WrittenAsync(RunningServer server, ApiKey key, int atLeast)
    {
        using var client = server.Client(key);
        await Patience.UntilAsync(
            async () =>
            {
                var report = System.Text.Json.Nodes.JsonNode.Parse(await client.GetStringAsync("/api/v1/usage", TestContext.Current.CancellationToken))!;
                return report["totals"]!.AsArray().Sum(line => (int)line!["admitted"]! + (int)line["refused"]!) >= atLeast;
            },
            "a write");
    }

    /// <summary>By key's id.</summary>
    private static async Task<Dictionary<string, (int Admitted, int Refused)>> ShownAsync(Visitor visitor)
    {
        // Reading is limited too.
        await visitor.Page.WaitForFunctionAsync("since => performance.now() > since + 1000", await visitor.Page.EvaluateAsync<double>("performance.now()"));
        await visitor.ClickAsync("Refresh");
        var shown = new Dictionary<string, (int, int)>();
        foreach (var row in await visitor.Section("Keys, last 30 days").Locator("tbody tr").AllAsync())
        {
            var cells = await row.Locator("td").AllInnerTextsAsync();
            shown[await row.Locator("th").GetAttributeAsync("title") ?? ""] = (Number(cells[0]), Number(cells[1]));
        }

        return shown;
    }

    private static int Number(string text) => int.Parse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

    /// <summary>One server's only caller, with a key of his own, who counts what he is answered and when.</summary>
    private sealed class Customer(RunningServer server, ApiKey key)
    {
        private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

        private readonly Lock _lock = new();
        private readonly List<(long At, HttpStatusCode Status)> _answers = [];

        public RunningServer Server => server;

        public ApiKey Key => key;

        /// <summary>Requests that were on their way when the server was killed.</summary>
        public int Lost { get; private set; }

        public int Total => TotalBefore(long.MaxValue);

        public (int Admitted, int Refused) Answered => (Count(HttpStatusCode.OK), Count(HttpStatusCode.TooManyRequests));

        public int Count(HttpStatusCode status)
        {
            lock (_lock)
                return _answers.Count(answer => answer.Status == status);
        }

        public int TotalBefore(long timestamp)
        {
            lock (_lock)
                return _answers.Count(answer => answer.At <= timestamp);
        }

        public async Task CallAsync(CancellationToken over)
        {
            using var client = server.Client(key);
            using var pause = new PeriodicTimer(Pause);
            try
            {
                while (!over.IsCancellationRequested)
                {
                    using var answer = await client.InferAsync();
                    answer.StatusCode.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.TooManyRequests);
                    lock (_lock)
                        _answers.Add((Stopwatch.GetTimestamp(), answer.StatusCode));
                    await pause.WaitForNextTickAsync(CancellationToken.None);
                }
            }
            catch (HttpRequestException)
            {
                Lost++;
            }
        }
    }
}
