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

        await ShouldSayAsync(visitor.Policy("Requests per minute"), "117 left");
        await ShouldSayAsync(visitor.Policy("Requests per minute"), "3 of 120 used");
        await ShouldSayAsync(visitor.Policy("Requests per hour"), "1 of 1,000 used");
        await ShouldSayAsync(visitor.Policy("Crawl per hour"), "10 left");
        await ShouldSayAsync(visitor.Policy("Requests per hour"), "Burst ready: up to 2,000 for 10 s");
        await ShouldSayAsync(visitor.Owner, $"Tenant acme, key {key.Id}");
        foreach (var section in (string[])["Last 24 hours", "Last 30 days"])
        {
            var table = await visitor.TableAsync(section);
            table[0].ShouldBe("Time\tsearch\tinfer\tRefused\tErrors\tLLM credits");
            table[^1].ShouldBe("Total\t1\t3\t0\t0\t0");
        }

        (await client.InferAsync()).Dispose();
        await visitor.ClickAsync("Refresh");
        await ShouldSayAsync(visitor.Policy("Requests per minute"), "4 of 120 used");

        visitor.Page.Url.ShouldBe($"{server.Address}dashboard/settings/usage");
        (await visitor.Page.EvaluateAsync<int>("sessionStorage.length + localStorage.length + document.cookie.length")).ShouldBe(0);
        visitor.Complaints.ShouldBeEmpty();
        visitor.ForeignRequests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_wrong_key_is_told_so_in_the_APIs_words_and_another_can_be_tried()
    {
        var (server, key) = (await _installation.ServeAsync(), await _installation.CreateKeyAsync());
        await using var visitor = await browser.VisitAsync(server.Address);
        await visitor.OpenAsync();

        await visitor.SignInAsync("fa_0123456789012345678901234567");

        await ShouldSayAsync(visitor.Alert, "The credential is not valid.");
        await Assertions.Expect(visitor.Credential).ToBeFocusedAsync();
        await Assertions.Expect(visitor.Credential).ToHaveAttributeAsync("aria-invalid", "true");

        await visitor.SignInAsync("clé");
        await ShouldSayAsync(visitor.Alert, "That is no API key or token");

        await visitor.SignInAsync(key.Text);
        await ShouldSayAsync(visitor.Page.GetByRole(AriaRole.Region, new() { Name = "Last 24 hours" }), "No requests yet.");
        await Assertions.Expect(visitor.Alert).ToBeHiddenAsync();
    }

    [Fact]
    public async Task A_key_without_any_subscription_is_told_so()
    {
        var server = await _installation.ServeAsync();
        var made = await _installation.AskAsync("keys", "create", "--tenant", "acme", "--user", "alice");
        await using var visitor = await browser.VisitAsync(server.Address);
        await visitor.OpenAsync();

        await visitor.SignInAsync(made.GetProperty("key").GetString()!);

        await ShouldSayAsync(visitor.Alert, "This tenant has no subscription.");
    }

    [Fact]
    public async Task A_subscription_to_inference_alone_is_enough()
    {
        var server = await _installation.ServeAsync();
        var made = await _installation.AskAsync("keys", "create", "--tenant", "acme", "--user", "alice", "--inference", "team");
        await using var visitor = await browser.VisitAsync(server.Address);
        await visitor.OpenAsync();

        await visitor.SignInAsync(made.GetProperty("key").GetString()!);

        await ShouldSayAsync(visitor.Policy("Requests per minute"), "300 left");
        await Assertions.Expect(visitor.Policy("Requests per hour")).ToHaveCountAsync(0);
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
        await ShouldSayAsync(card, "0 left");
        await ShouldSayAsync(card, "2 of 2 used");
        await ShouldSayAsync(card, "Resets at");
        await ShouldSayAsync(visitor.Figure("Last 24 hours", "Refused"), "Requests 1");
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
        await ShouldSayAsync(visitor.Figure("Last 24 hours", "Refused"), "0");
        using (var refused = await client.InferAsync())
            refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);

        await visitor.Page.Clock.RunForAsync(5_000);

        await ShouldSayAsync(visitor.Figure("Last 24 hours", "Refused"), "Requests 1");
        await ShouldSayAsync(visitor.Section("Last 24 hours").GetByRole(AriaRole.List, new() { Name = "Endpoints" }), "refused 1");
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

        await ShouldSayAsync(visitor.Owner, Hostile);
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
        await ShouldSayAsync(visitor.Policy("Requests per minute"), "120 left");

        await visitor.Page.RouteAsync("**/api/v1/usage?*", route => route.FulfillAsync(new()
        {
            Status = 503,
            Headers = new Dictionary<string, string> { ["Retry-After"] = "45" },
            Body = """{"error":"unavailable","message":"Not now.","statusCode":503}""",
        }));
        await visitor.ClickAsync("Refresh");
        await ShouldSayAsync(visitor.Alert, "Not now. These figures are of");
        await ShouldSayAsync(visitor.Alert, "asks again in 45 s");
        await ShouldSayAsync(visitor.Policy("Requests per minute"), "120 left");

        await visitor.Page.UnrouteAllAsync();
        await visitor.Page.RouteAsync("**/api/v1/usage?*", route => route.AbortAsync());
        await visitor.ClickAsync("Refresh");
        await ShouldSayAsync(visitor.Alert, "The server cannot be reached.");

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
        await ShouldSayAsync(card, "5 left");
        await ShouldSayAsync(card, "Resets at");
        var countdown = await card.Locator("time + span").InnerTextAsync();
        using (var client = server.Client(key))
            (await client.InferAsync()).Dispose();

        await visitor.Page.Clock.RunForAsync(3_000);
        await ShouldSayAsync(card, "4 left");

        // Without an answer, which tells the server's time, the countdown goes by the browser's.
        await visitor.Page.RouteAsync("**/api/v1/usage?*", route => route.AbortAsync());
        await visitor.Page.Clock.RunForAsync(61_000);
        (await card.Locator("time + span").InnerTextAsync()).ShouldNotBe(countdown);
    }

    [Fact]
    public async Task A_key_is_kept_in_the_tab_only_where_that_is_asked_for_and_until_another_is_used()
    {
        var (server, key) = (await _installation.ServeAsync(), await _installation.CreateKeyAsync());
        await using var visitor = await browser.VisitAsync(server.Address);
        await visitor.OpenAsync();
        await visitor.Page.GetByLabel("Keep it until this tab is closed").CheckAsync();
        await visitor.SignInAsync(key.Text);
        await ShouldSayAsync(visitor.Policy("Requests per minute"), "120 left");

        await visitor.Page.ReloadAsync();
        await ShouldSayAsync(visitor.Policy("Requests per minute"), "120 left");

        await visitor.ClickAsync("Sign out");
        await Assertions.Expect(visitor.Credential).ToBeFocusedAsync();
        await Assertions.Expect(visitor.Policy("Requests per minute")).ToHaveCountAsync(0);
        (await visitor.Page.EvaluateAsync<int>("sessionStorage.length")).ShouldBe(0);
        await visitor.Page.ReloadAsync();
        await Assertions.Expect(visitor.Credential).ToBeVisibleAsync();
    }

    [Fact]
    public async Task What_was_asked_for_before_a_visitor_left_is_neither_shown_nor_kept()
    {
        var (server, key) = (await _installation.ServeAsync(), await _installation.CreateKeyAsync());
        await using var visitor = await browser.VisitAsync(server.Address);
        var (asked, left) = (new TaskCompletionSource(), new TaskCompletionSource());
        await visitor.Page.RouteAsync("**/api/v1/alerts", async route =>
        {
            var answer = await route.FetchAsync();
            asked.TrySetResult();
            await left.Task;
            await route.FulfillAsync(new() { Response = answer });
        });
        await visitor.OpenAsync();
        await visitor.SignInAsync(key.Text);
        await asked.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        await ShouldSayAsync(visitor.Policy("Requests per minute"), "120 left");

        await visitor.ClickAsync("Sign out");
        left.SetResult();

        List<IRequest> later = [];
        visitor.Page.Request += (_, request) => later.Add(request);
        await visitor.Page.UnrouteAllAsync(new() { Behavior = UnrouteBehavior.Wait });
        (await visitor.Page.Locator("#alerts form").InnerHTMLAsync()).ShouldBeEmpty();
        await Assertions.Expect(visitor.Alert).ToBeHiddenAsync();

        await visitor.SignInAsync(key.Text);
        await ShouldSayAsync(visitor.Policy("Requests per minute"), "120 left");
        var first = later.First(request => request.Url.Contains("/api/v1/usage?", StringComparison.Ordinal));
        (await first.AllHeadersAsync()).Keys.ShouldNotContain("if-none-match");
        await Assertions.Expect(visitor.Section("Alerts").GetByLabel("Webhook")).ToBeVisibleAsync();
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

    private static Task ShouldSayAsync(ILocator place, string text) =>
        Assertions.Expect(place).ToContainTextAsync(text, new() { Timeout = (float)Patience.Limit.TotalMilliseconds });
}
