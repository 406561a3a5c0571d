using Microsoft.Playwright;

namespace FunctionsApi.EndToEnd.Tests.Dashboard;

/// <summary>Visitors come to the usage page by a key that they paste, and leave it.</summary>
public sealed class PastedKeyTests(Browser browser) : IClassFixture<Browser>, IAsyncDisposable
{
    private readonly Installation _installation = new();

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task A_wrong_key_is_told_so_in_the_APIs_words_and_another_can_be_tried()
    {
        var (server, key) = (await _installation.ServeAsync(), await _installation.CreateKeyAsync());
        await using var visitor = await browser.VisitAsync(server.Address);
        await visitor.OpenAsync();

        await visitor.SignInAsync("fa_0123456789012345678901234567");

        await Visitor.ShouldSayAsync(visitor.Alert, "The credential is not valid.");
        await Assertions.Expect(visitor.Credential).ToBeFocusedAsync();
        await Assertions.Expect(visitor.Credential).ToHaveAttributeAsync("aria-invalid", "true");

        await visitor.SignInAsync("clé");
        await Visitor.ShouldSayAsync(visitor.Alert, "That is no API key or token");

        await visitor.SignInAsync(key.Text);
        await Visitor.ShouldSayAsync(visitor.Page.GetByRole(AriaRole.Region, new() { Name = "Last 24 hours" }), "No requests yet.");
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

        await Visitor.ShouldSayAsync(visitor.Alert, "This tenant has no subscription.");
    }

    [Fact]
    public async Task A_subscription_to_inference_alone_is_enough()
    {
        var server = await _installation.ServeAsync();
        var made = await _installation.AskAsync("keys", "create", "--tenant", "acme", "--user", "alice", "--inference", "team");
        await using var visitor = await browser.VisitAsync(server.Address);
        await visitor.OpenAsync();

        await visitor.SignInAsync(made.GetProperty("key").GetString()!);

        await Visitor.ShouldSayAsync(visitor.Policy("Requests per minute"), "300 left");
        await Assertions.Expect(visitor.Policy("Requests per hour")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_key_is_kept_in_the_tab_only_where_that_is_asked_for_and_until_another_is_used()
    {
        var (server, key) = (await _installation.ServeAsync(), await _installation.CreateKeyAsync());
        await using var visitor = await browser.VisitAsync(server.Address);
        await visitor.OpenAsync();
        await visitor.Page.GetByLabel("Keep it until this tab is closed").CheckAsync();
        await visitor.SignInAsync(key.Text);
        await Visitor.ShouldSayAsync(visitor.Policy("Requests per minute"), "120 left");

        await visitor.Page.ReloadAsync();
        await Visitor.ShouldSayAsync(visitor.Policy("Requests per minute"), "120 left");

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
        await Visitor.ShouldSayAsync(visitor.Policy("Requests per minute"), "120 left");

        await visitor.ClickAsync("Sign out");
        left.SetResult();

        List<IRequest> later = [];
        visitor.Page.Request += (_, request) => later.Add(request);
        await visitor.Page.UnrouteAllAsync(new() { Behavior = UnrouteBehavior.Wait });
        (await visitor.Page.Locator("#alerts form").InnerHTMLAsync()).ShouldBeEmpty();
        await Assertions.Expect(visitor.Alert).ToBeHiddenAsync();

        await visitor.SignInAsync(key.Text);
        await Visitor.ShouldSayAsync(visitor.Policy("Requests per minute"), "120 left");
        var first = later.First(request => request.Url.Contains("/api/v1/usage?", StringComparison.Ordinal));
        (await first.AllHeadersAsync()).Keys.ShouldNotContain("if-none-match");
        await Assertions.Expect(visitor.Section("Alerts").GetByLabel("Webhook")).ToBeVisibleAsync();
    }
}
