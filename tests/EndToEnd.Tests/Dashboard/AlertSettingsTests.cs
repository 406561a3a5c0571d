using Microsoft.Playwright;

namespace FunctionsApi.EndToEnd.Tests.Dashboard;

/// <summary>Alerts are set on the usage page.</summary>
public sealed class AlertSettingsTests(Browser browser) : IClassFixture<Browser>, IAsyncDisposable
{
    private readonly Installation _installation = new();

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task What_is_set_on_the_page_is_in_force_and_shown_again()
    {
        var (server, key) = (await _installation.ServeAsync(), await _installation.CreateKeyAsync());
        using var client = server.Client(key);
        await using var visitor = await browser.VisitAsync(server.Address);
        await visitor.OpenAsync();
        await visitor.Page.GetByLabel("Keep it until this tab is closed").CheckAsync();
        await visitor.SignInAsync(key.Text);
        var section = visitor.Section("Alerts");
        var perDay = section.GetByLabel("Agents: requests per day, percent left");

        await perDay.FillAsync("10");
        await section.GetByLabel("Webhook").FillAsync("https://hooks.example.com/quota");
        await section.GetByLabel("A digest each day").CheckAsync();
        await section.GetByLabel("days").FillAsync("14");
        await visitor.ClickAsync("Save alerts");

        await Assertions.Expect(section.Locator(".notice")).ToContainTextAsync("whsec_");
        var alerts = System.Text.Json.Nodes.JsonNode.Parse(await client.GetStringAsync("/api/v1/alerts", TestContext.Current.CancellationToken))!;
        alerts["rules"]!.ToJsonString().ShouldBe("""[{"api":"agents","policy":"requests-per-day","remainingPercent":10}]""");
        alerts["webhook"]!["url"]!.ToString().ShouldBe("https://hooks.example.com/quota");
        alerts["digest"]!.ToJsonString().ShouldBe("""{"enabled":true,"unusedKeyDays":14}""");

        await visitor.Page.ReloadAsync();
        await Assertions.Expect(perDay).ToHaveValueAsync("10");
        await Assertions.Expect(section.Locator(".notice")).ToHaveCountAsync(0);
        visitor.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_cannot_be_set_is_told_in_the_APIs_words()
    {
        var (server, key) = (await _installation.ServeAsync(), await _installation.CreateKeyAsync());
        await using var visitor = await browser.VisitAsync(server.Address);
        await visitor.OpenAsync();
        await visitor.SignInAsync(key.Text);
        var section = visitor.Section("Alerts");

        await section.GetByLabel("Webhook").FillAsync("http://127.0.0.1/quota");
        await visitor.ClickAsync("Save alerts");

        await Assertions.Expect(visitor.Alert).ToContainTextAsync("'url' must lead to a public address.");
        await Assertions.Expect(section.GetByLabel("Webhook")).ToHaveValueAsync("http://127.0.0.1/quota");
    }
}
