using System.Collections.Concurrent;
using FunctionsApi.EndToEnd.Tests.Dashboard;
using Microsoft.Playwright;

namespace FunctionsApi.EndToEnd.Tests.Edge;

/// <summary>A page in a real browser that calls the API from another origin.</summary>
public sealed class OtherOriginTests(Browser browser) : IClassFixture<Browser>, IAsyncDisposable
{
    private readonly Installation _installation = new();

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task A_page_of_an_allowed_origin_infers_and_sends_events_with_the_contracts_own_client()
    {
        await _installation.ApplyPlansAsync(EdgeClient.Plans);
        var key = await _installation.CreateKeyAsync();
        var pages = await _installation.ServeAsync();
        var api = await _installation.ServeAsync(("Cors__AllowedOrigins", $"https://elsewhere.example, {Origin(pages)}"));
        await using var visitor = await browser.VisitAsync(pages.Address);
        var said = Listen(visitor.Page);
        await visitor.Page.GotoAsync(new Uri(pages.Address, "/healthz").ToString());

        var seen = await CallAsync(visitor.Page, api, key);

        seen.Split('\n').ShouldBe(EdgeClient.Expected);
        said.ShouldContain(line => line.StartsWith("Rate limited. Retrying in "));
        // Only where the headers are exposed can a page read them.
        said.ShouldContain(line => line.StartsWith("Rate limit nearly exhausted. 1 remaining. Waiting "));
        (await visitor.Page.EvaluateAsync<string>(
            "async ([address]) => JSON.stringify(await fetch(`${address}/infer`, { method: 'POST', body: '{}' }).then(async answer => [answer.status, await answer.text()]))",
            new[] { Origin(api) })).ShouldStartWith("[401,");
    }

    [Fact]
    public async Task A_page_of_any_other_origin_can_not_call_it()
    {
        var key = await _installation.CreateKeyAsync();
        var pages = await _installation.ServeAsync();
        var api = await _installation.ServeAsync(("Cors__AllowedOrigins", "https://elsewhere.example"));
        await using var visitor = await browser.VisitAsync(pages.Address);
        var said = Listen(visitor.Page);
        await visitor.Page.GotoAsync(new Uri(pages.Address, "/healthz").ToString());

        (await Should.ThrowAsync<PlaywrightException>(CallAsync(visitor.Page, api, key))).Message.ShouldContain("Failed to fetch");

        said.ShouldContain(line => line.Contains("has been blocked by CORS policy", StringComparison.Ordinal));
    }

    private static string Origin(RunningServer server) => server.Address.GetLeftPart(UriPartial.Authority);

    private static ConcurrentQueue<string> Listen(IPage page)
    {
        var said = new ConcurrentQueue<string>();
        page.Console += (_, message) => said.Enqueue(message.Text);
        return said;
    }

    private static Task<string> CallAsync(IPage page, RunningServer api, ApiKey key) =>
        page.EvaluateAsync<string>($"async ([address, key]) => {{ {EdgeClient.Script}\nreturn await callApi(address, key); }}", new[] { Origin(api), key.Text });
}
