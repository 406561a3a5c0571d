using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace FunctionsApi.EndToEnd.Tests.Dashboard;

/// <summary>The operations page of real servers in a real browser.</summary>
public sealed class OperationsPageTests(Browser browser) : IClassFixture<Browser>, IAsyncDisposable
{
    private const string Key = "an-operations-key-of-32-characters";

    private static readonly (string, string) Setting = ("Operations__Key", Key);

    private readonly Installation _installation = new();

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task An_operator_sees_every_instance_the_largest_consumers_and_shadow_policies()
    {
        await _installation.RunAsync("tenants", "set", "--tenant", "acme", "--inference", "pro", "--agents", "free");
        await _installation.RunAsync("tenants", "set-limit", "--tenant", "acme", "--api", "agents", "--policy", "requests-per-day", "--limit", "1", "--shadow");
        await _installation.RunAsync("tenants", "set-limit", "--tenant", "acme", "--api", "inference", "--policy", "requests-per-minute", "--limit", "3");
        var key = await _installation.CreateKeyAsync();
        var (server, other) = (await _installation.ServeAsync(Setting), await _installation.ServeAsync(Setting));
        using var client = server.Client(key);
        for (var i = 0; i < 5; i++)
        {
            (await client.InferAsync()).Dispose();
            (await client.GetAsync("/api/v1/knowledge/search?q=quota", TestContext.Current.CancellationToken)).Dispose();
        }

        await using var visitor = await browser.VisitAsync(server.Address, new() { ViewportSize = new() { Width = 1280, Height = 900 } });
        await OpenAsync(visitor, server);
        await SignInAsync(visitor, Key);

        var instances = visitor.Page.GetByRole(AriaRole.Region, new() { Name = "Instances and the ledger" });
        await Assertions.Expect(instances.GetByRole(AriaRole.Row)).ToHaveCountAsync(3);
        foreach (var process in (RunningServer[])[server, other])
            await ShouldSayAsync(instances, $":{process.Process.Id}");
        await ShouldSayAsync(instances, "running");
        await ShouldSayAsync(instances, "well");
        // What was counted after the instance last said something is there with the next.
        var consumers = visitor.Page.GetByRole(AriaRole.Region, new() { Name = "Largest consumers this hour" });
        await ShouldSayAsync(consumers, $"acme\t{key.Id}\tinference\t5\t3\t2\t0\t0");
        await ShouldSayAsync(consumers, $"acme\t{key.Id}\tagents\t5\t5\t0\t0\t0");
        var shadows = visitor.Page.GetByRole(AriaRole.Region, new() { Name = "What shadow policies would have refused this hour" });
        await ShouldSayAsync(shadows, "acme\tagents\trequests-per-day\t4");

        await other.Process.KillAsync();
        await ShouldSayAsync(instances, "silent", TimeSpan.FromSeconds(60));

        (await visitor.Page.EvaluateAsync<int>("sessionStorage.length + localStorage.length + document.cookie.length")).ShouldBe(0);
        visitor.Page.Url.ShouldNotContain(Key);
        visitor.Complaints.ShouldBeEmpty();
        visitor.ForeignRequests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_wrong_key_is_told_so_and_another_can_be_tried_by_keyboard()
    {
        var server = await _installation.ServeAsync(Setting);
        await using var visitor = await browser.VisitAsync(server.Address);
        await OpenAsync(visitor, server);

        await SignInAsync(visitor, "not-the-operations-key");
        await Assertions.Expect(visitor.Alert).ToContainTextAsync("That is not the operations key.");
        await Assertions.Expect(Credential(visitor)).ToBeFocusedAsync();

        await Credential(visitor).FillAsync("");
        await visitor.Page.Keyboard.TypeAsync(Key);
        await visitor.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Heading, new() { Name = "Instances and the ledger" })).ToBeVisibleAsync();
        await Assertions.Expect(visitor.Alert).ToBeHiddenAsync();
    }

    [Theory]
    [InlineData(1200, ColorScheme.Light)]
    [InlineData(1200, ColorScheme.Dark)]
    [InlineData(360, ColorScheme.Light)]
    [InlineData(360, ColorScheme.Dark)]
    public async Task Nobody_is_kept_out_by_how_it_is_made_and_the_page_does_not_scroll_sideways(int width, ColorScheme scheme)
    {
        var server = await _installation.ServeAsync(Setting);
        await using var visitor = await browser.VisitAsync(server.Address, new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 740 } });
        await visitor.Page.RouteAsync("**/dashboard/operations/v1/report", WithEveryStateAsync);
        await OpenAsync(visitor, server);
        await SignInAsync(visitor, "wrong key");
        await ShouldSayAsync(visitor.Alert, "That is no key");
        await visitor.ShouldSuitEverybodyAsync();

        await SignInAsync(visitor, Key);
        await ShouldSayAsync(visitor.Page.GetByRole(AriaRole.Main), "silent");

        await visitor.ShouldSuitEverybodyAsync();
        (await visitor.Page.EvaluateAsync<int>("document.documentElement.scrollWidth")).ShouldBe(width);
    }

    /// <summary>What the server reports, with an instance in each state beside it, a consumer and a shadow policy.</summary>
    private static async Task WithEveryStateAsync(IRoute route)
    {
        var answer = await route.FetchAsync();
        var report = JsonNode.Parse(await answer.TextAsync())!;
        var instances = report["instances"]!.AsArray();
        foreach (var (state, ledger) in (IEnumerable<(string, string)>)[("running", "slow"), ("running", "away"), ("silent", "contended"), ("stopped", "well")])
        {
            var instance = instances[0]!.DeepClone();
            instance["state"] = state;
            instance["instance"]!["ledger"]!["state"] = ledger;
            instance["instance"]!["ledger"]!["periods"] = new JsonArray(new JsonObject { ["state"] = "slow", ["since"] = "2026-02-27T09:30:00Z", ["until"] = "2026-02-27T09:31:00Z" });
            instances.Add(instance);
        }

        report["consumers"] = new JsonArray(new JsonObject
        {
            ["tenant"] = "acme",
            ["key"] = "a99d8107bd0b6f85",
            ["api"] = "agents",
            ["requests"] = 1_234,
            ["admitted"] = 1_200,
            ["refused"] = 34,
            ["unavailable"] = 0,
            ["credits"] = 0,
        });
        report["shadows"] = new JsonArray(new JsonObject { ["tenant"] = "acme", ["api"] = "agents", ["policy"] = "requests-per-day", ["wouldHaveRefused"] = 4 });
        await route.FulfillAsync(new() { Response = answer, Body = report.ToJsonString() });
    }

    private static ILocator Credential(Visitor visitor) => visitor.Page.GetByLabel("Operations key");

    private static async Task OpenAsync(Visitor visitor, RunningServer server) => await visitor.Page.GotoAsync(new Uri(server.Address, "/dashboard/operations").ToString());

    private static async Task SignInAsync(Visitor visitor, string key)
    {
        await Credential(visitor).FillAsync(key);
        await visitor.ClickAsync("Show operations");
    }

    // A row's cells are parted by tabs, as they are copied.
    private static Task ShouldSayAsync(ILocator place, string text, TimeSpan? limit = null) => Patience.UntilAsync(
        async () => (await place.InnerTextAsync()).Contains(text, StringComparison.Ordinal), $"'{text}'", limit);
}
