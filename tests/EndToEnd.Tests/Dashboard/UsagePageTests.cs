using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace FunctionsApi.EndToEnd.Tests.Dashboard;

/// <summary>The usage page of a real server in a real browser.</summary>
public sealed class UsagePageTests(Browser browser) : IClassFixture<Browser>, IAsyncDisposable
{
    private readonly Installation _installation = new();

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task A_visitor_sees_what_is_left_of_his_limits_and_what_he_has_consumed()
    {
        var (server, key) = (await _installation.ServeAsync(), await _installation.CreateKeyAsync());
        using var client = server.Client(key);
        for (var i = 0; i < 3; i++)
            (await client.InferAsync()).Dispose();
        (await client.GetAsync("/api/v1/knowledge/search?q=quota", TestContext.Current.CancellationToken)).Dispose();
        await using var visitor = await browser.VisitAsync(server.Address);
        await visitor.OpenAsync();

        await visitor.SignInAsync($"  Bearer {key.Text}\n");

        await Visitor.ShouldSayAsync(visitor.Policy("Requests per minute"), "117 left");
        await Visitor.ShouldSayAsync(visitor.Policy("Requests per minute"), "3 of 120 used");
        await Visitor.ShouldSayAsync(visitor.Policy("Requests per hour"), "1 of 1,000 used");
        await Visitor.ShouldSayAsync(visitor.Policy("Crawl per hour"), "10 left");
        await Visitor.ShouldSayAsync(visitor.Policy("Requests per hour"), "Burst ready: up to 2,000 for 10 s");
        await Visitor.ShouldSayAsync(visitor.Owner, $"Tenant acme, key {key.Id}");
        foreach (var section in (string[])["Last 24 hours", "Last 30 days"])
        {
            var table = await visitor.TableAsync(section);
            table[0].ShouldBe("Time\tsearch\tinfer\tRefused\tErrors\tLLM credits");
            table[^1].ShouldBe("Total\t1\t3\t0\t0\t0");
        }

        (await client.InferAsync()).Dispose();
        await visitor.ClickAsync("Refresh");
        await Visitor.ShouldSayAsync(visitor.Policy("Requests per minute"), "4 of 120 used");

        visitor.Page.Url.ShouldBe($"{server.Address}dashboard/settings/usage");
        (await visitor.Page.EvaluateAsync<int>("sessionStorage.length + localStorage.length + document.cookie.length")).ShouldBe(0);
        visitor.Complaints.ShouldBeEmpty();
        visitor.ForeignRequests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_limit_that_is_used_up_has_none_left_and_refusals_are_counted()
    {
        await _installation.ApplyPlansAsync(Plans.Fixed("1d", limit: 2));
        var (server, key) = (await _installation.ServeAsync(), await _installation.CreateKeyAsync());
        using var client = server.Client(key);
        for (var i = 0; i < 2; i++)
            (await client.InferAsync()).Dispose();
        using (var refused = await client.InferAsync())
            refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        await using var visitor = await browser.VisitAsync(server.Address);
        await visitor.OpenAsync();

        await visitor.SignInAsync(key.Text);

        var card = visitor.Policy("Requests").First;
        await Visitor.ShouldSayAsync(card, "0 left");
        await Visitor.ShouldSayAsync(card, "2 of 2 used");
        await Visitor.ShouldSayAsync(card, "Resets at");
        await Visitor.ShouldSayAsync(visitor.Figure("Last 24 hours", "Refused"), "Requests 1");
        var table = await visitor.TableAsync("Last 24 hours");
        table[0].ShouldBe("Time\tinfer\tRefused\tby Requests\tErrors\tLLM credits");
        table[^1].ShouldBe("Total\t2\t1\t1\t0\t0");
    }

    [Fact]
    public async Task A_refusal_is_shown_within_5_seconds()
    {
        await _installation.ApplyPlansAsync(Plans.Fixed("1d", limit: 2));
        var (server, key) = (await _installation.ServeAsync(), await _installation.CreateKeyAsync());
        using var client = server.Client(key);
        for (var i = 0; i < 2; i++)
            (await client.InferAsync()).Dispose();
        await using var visitor = await browser.VisitAsync(server.Address);
        await visitor.Page.Clock.InstallAsync();
        await visitor.OpenAsync();
        await visitor.SignInAsync(key.Text);
        await Visitor.ShouldSayAsync(visitor.Figure("Last 24 hours", "Refused"), "0");
        using (var refused = await client.InferAsync())
            refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);

        await visitor.Page.Clock.RunForAsync(5_000);

        await Visitor.ShouldSayAsync(visitor.Figure("Last 24 hours", "Refused"), "Requests 1");
        await Visitor.ShouldSayAsync(visitor.Section("Last 24 hours").GetByRole(AriaRole.List, new() { Name = "Endpoints" }), "refused 1");
    }

    [Fact]
    public async Task Names_stay_text_whatever_is_in_them()
    {
        const string Hostile = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>";
        var (server, key) = (await _installation.ServeAsync(), await _installation.CreateKeyAsync());
        using (var client = server.Client(key))
            (await client.InferAsync()).Dispose();
        await using var visitor = await browser.VisitAsync(server.Address);
        await visitor.Page.RouteAsync("**/api/v1/usage?*", async route =>
        {
            var answer = await route.FetchAsync();
            var report = JsonNode.Parse(await answer.TextAsync())!;
            Rename(report, Hostile);
            await route.FulfillAsync(new() { Response = answer, Body = report.ToJsonString() });
        });
        await visitor.OpenAsync();

        await visitor.SignInAsync(key.Text);

        await Visitor.ShouldSayAsync(visitor.Owner, Hostile);
        (await visitor.TableAsync("Last 24 hours"))[0].ShouldContain(Hostile);
        (await visitor.Page.Locator("main img, main script").CountAsync()).ShouldBe(0);
        (await visitor.Page.TitleAsync()).ShouldStartWith("Usage");
        visitor.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_server_that_cannot_answer_now_is_asked_again_and_the_figures_stay()
    {
        var (server, key) = (await _installation.ServeAsync(), await _installation.CreateKeyAsync());
        await using var visitor = await browser.VisitAsync(server.Address);
        await visitor.Page.Clock.InstallAsync();
        await visitor.OpenAsync();
        await visitor.SignInAsync(key.Text);
        await Visitor.ShouldSayAsync(visitor.Policy("Requests per minute"), "120 left");

        await visitor.Page.RouteAsync("**/api/v1/usage?*", route => route.FulfillAsync(new()
        {
            Status = 503,
            Headers = new Dictionary<string, string> { ["Retry-After"] = "45" },
            Body = """{"error":"unavailable","message":"Not now.","statusCode":503}""",
        }));
        await visitor.ClickAsync("Refresh");
        await Visitor.ShouldSayAsync(visitor.Alert, "Not now. These figures are of");
        await Visitor.ShouldSayAsync(visitor.Alert, "asks again in 45 s");
        await Visitor.ShouldSayAsync(visitor.Policy("Requests per minute"), "120 left");

        await visitor.Page.UnrouteAllAsync();
        await visitor.Page.RouteAsync("**/api/v1/usage?*", route => route.AbortAsync());
        await visitor.ClickAsync("Refresh");
        await Visitor.ShouldSayAsync(visitor.Alert, "The server cannot be reached.");

        await visitor.Page.UnrouteAllAsync();
        await visitor.Page.Clock.RunForAsync(31_000);
        await Assertions.Expect(visitor.Alert).ToBeHiddenAsync();
    }

    [Fact]
    public async Task Figures_are_asked_for_again_by_themselves_and_the_countdown_runs()
    {
        await _installation.ApplyPlansAsync(Plans.Fixed("1d", limit: 5));
        var (server, key) = (await _installation.ServeAsync(), await _installation.CreateKeyAsync());
        await using var visitor = await browser.VisitAsync(server.Address);
        await visitor.Page.Clock.InstallAsync();
        await visitor.OpenAsync();
        await visitor.SignInAsync(key.Text);
        var card = visitor.Policy("Requests").First;
        await Visitor.ShouldSayAsync(card, "5 left");
        await Visitor.ShouldSayAsync(card, "Resets at");
        var countdown = await card.Locator("time + span").InnerTextAsync();
        using (var client = server.Client(key))
            (await client.InferAsync()).Dispose();

        await visitor.Page.Clock.RunForAsync(3_000);
        await Visitor.ShouldSayAsync(card, "4 left");

        // Without an answer, which tells the server's time, the countdown goes by the browser's.
        await visitor.Page.RouteAsync("**/api/v1/usage?*", route => route.AbortAsync());
        await visitor.Page.Clock.RunForAsync(61_000);
        (await card.Locator("time + span").InnerTextAsync()).ShouldNotBe(countdown);
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task A_narrow_screen_shows_everything_without_scrolling_sideways(ColorScheme scheme)
    {
        var (server, key) = (await _installation.ServeAsync(), await _installation.CreateKeyAsync());
        using (var client = server.Client(key))
            (await client.InferAsync()).Dispose();
        await using var visitor = await browser.VisitAsync(server.Address, new() { ColorScheme = scheme, ViewportSize = new() { Width = 360, Height = 740 } });
        await visitor.OpenAsync();
        await visitor.SignInAsync(key.Text);
        await visitor.TableAsync("Last 24 hours");

        (await visitor.Page.EvaluateAsync<int>("document.documentElement.scrollWidth")).ShouldBe(360);
        (await visitor.Page.Locator("body").EvaluateAsync<string>("body => getComputedStyle(body).backgroundColor"))
            .ShouldBe(scheme == ColorScheme.Light ? "rgb(245, 246, 248)" : "rgb(18, 22, 28)");
    }

    /// <summary>Gives everything that has a name another.</summary>
    private static void Rename(JsonNode? node, string name)
    {
        if (node is JsonArray array)
            foreach (var item in array)
                Rename(item, name);
        if (node is not JsonObject members)
            return;
        foreach (var (member, value) in members.ToArray())
            if (member is "refusedBy" or "shadowRefused")
                members[member] = new JsonObject { [name] = 1 };
            else if (member is "endpoints")
                members[member] = new JsonArray(name);
            else if (member is "tenant" or "key" or "endpoint" or "api" or "plan" or "next" or "policy")
                members[member] = name;
            else
                Rename(value, name);
    }
}
