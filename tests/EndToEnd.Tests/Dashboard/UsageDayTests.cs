using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace FunctionsApi.EndToEnd.Tests.Dashboard;

/// <summary>The usage page after a day of traffic.</summary>
public sealed class UsageDayTests(Browser browser, BusyDay day) : IClassFixture<Browser>, IClassFixture<BusyDay>
{
    private static readonly BrowserNewContextOptions Wide = new() { ViewportSize = new() { Width = 1200, Height = 900 } };
    private static readonly BrowserNewContextOptions WideDark = new() { ViewportSize = Wide.ViewportSize, ColorScheme = ColorScheme.Dark };
    private static readonly BrowserNewContextOptions Phone = new() { ViewportSize = new() { Width = 360, Height = 740 } };
    private static readonly BrowserNewContextOptions PhoneDark = new() { ViewportSize = Phone.ViewportSize, ColorScheme = ColorScheme.Dark };

    public static TheoryData<string> Screens => ["wide", "wide-dark", "phone", "phone-dark"];

    [Fact]
    public async Task Charts_show_what_the_API_says_stacked_by_endpoint_with_refusals_on_top()
    {
        var report = await day.ReportAsync("by=hour");
        await using var visitor = await EnterAsync(Wide);

        var drawn = await visitor.Page.EvaluateAsync<JsonElement>("""
            Chart.getChart(document.querySelector('#hours .chart canvas')).data.datasets.map(set => [set.label, set.data.reduce((a, b) => a + b)])
            """);

        drawn.EnumerateArray().Select(set => $"{set[0]} {set[1]}").ShouldBe(
        [
            .. report["totals"]!.AsArray().Where(line => (long)line!["admitted"]! > 0).Select(line => $"{line!["endpoint"]} {line["admitted"]}"),
            $"refused {report["totals"]!.AsArray().Sum(line => (long)line!["refused"]!)}",
        ]);
        (await visitor.Page.EvaluateAsync<int>("""
            new Set(document.querySelector('#hours .chart canvas').getContext('2d').getImageData(0, 0, 900, 200).data).size
            """)).ShouldBeGreaterThan(20);
        visitor.Complaints.ShouldBeEmpty();
        visitor.ForeignRequests.Where(request => !request.StartsWith(day.Project.Settings[0].Value, StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Each_endpoint_and_refusals_have_a_mark_of_their_own()
    {
        await using var visitor = await EnterAsync(Wide);

        var marks = await visitor.Page.EvaluateAsync<string[]>("[...document.querySelectorAll('#hours .swatch')].map(mark => mark.toDataURL())");

        marks.Length.ShouldBe(7);
        marks.Distinct().Count().ShouldBe(7);
    }

    [Fact]
    public async Task The_heat_map_has_a_field_for_each_endpoint_and_hour()
    {
        var report = await day.ReportAsync("by=hour");
        var busiest = report["usage"]!.AsArray().Where(line => (string?)line!["endpoint"] == "infer").MaxBy(line => (long)line!["admitted"]!)!;
        await using var visitor = await EnterAsync(Wide);

        var row = visitor.Section("Last 24 hours").Locator(".heat tbody tr").Filter(new() { Has = visitor.Page.GetByRole(AriaRole.Rowheader, new() { Name = "infer", Exact = true }) });

        (await row.Locator("td").CountAsync()).ShouldBe(24);
        (await row.Locator("td.heat-5").AllInnerTextsAsync()).ShouldContain(text => text.StartsWith($"{busiest["admitted"]} requests"));
        (await visitor.Page.Locator(".heat .with-refused").CountAsync()).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Each_key_has_a_line_and_can_be_looked_at_alone()
    {
        var report = await day.ReportAsync("by=day");
        await using var visitor = await EnterAsync(Wide);
        var lines = await visitor.Section("Keys, last 30 days").Locator("tbody tr").AllInnerTextsAsync();
        lines.Count.ShouldBe(3);
        lines[0].ShouldContain("alice");
        lines[0].ShouldContain($"\t{Admitted(report["keys"]!.AsArray().Single(key => (string?)key!["key"] == day.Keys[0].Id)!):N0}\t");

        await visitor.Section("Keys, last 30 days").GetByRole(AriaRole.Button).First.ClickAsync();

        await Visitor.ShouldSayAsync(visitor.Owner, $"key {day.Keys[0].Id}");
        await Visitor.ShouldSayAsync(visitor.Figure("Last 30 days", "Admitted"), $"{Admitted(await day.ReportAsync($"by=day&key={day.Keys[0].Id}")):N0}");
        await visitor.ClickAsync("Show all keys");
        await Visitor.ShouldSayAsync(visitor.Owner, "all keys");
        await Visitor.ShouldSayAsync(visitor.Figure("Last 30 days", "Admitted"), $"{Admitted(report):N0}");
    }

    [Fact]
    public async Task The_next_plan_stands_beside_todays_with_what_it_would_have_admitted_and_the_way_to_it()
    {
        var agents = (await day.ReportAsync("by=day"))["nextPlans"]!.AsArray().Single(plan => (string?)plan!["api"] == "agents")!;
        var crawl = agents["limits"]!.AsArray().Single(limit => (string?)limit!["policy"] == "crawl-per-hour")!;
        ((long)crawl["refused"]!).ShouldBeGreaterThan(0);
        await using var visitor = await EnterAsync(Wide);
        var section = visitor.Section("Your plan and the next");

        var row = section.GetByRole(AriaRole.Row).Filter(new() { HasText = "Crawl per hour" });

        (await row.InnerTextAsync()).ShouldBe($"Crawl per hour\t10\t50\t{crawl["refused"]}\t{crawl["wouldHaveAdmitted"]}");
        await Visitor.ShouldSayAsync(section, $"Of {crawl["refused"]} refused requests, Pro would have admitted about {crawl["wouldHaveAdmitted"]}.");
        (await section.GetByRole(AriaRole.Link, new() { Name = "Get a larger plan" }).GetAttributeAsync("href")).ShouldBe("https://app.example.com/billing");
    }

    [Theory]
    [InlineData("Last 24 hours", "by=hour")]
    [InlineData("Last 30 days", "by=day")]
    public async Task The_CSV_is_that_of_the_API_and_has_the_figures_of_its_JSON(string section, string query)
    {
        await using var visitor = await EnterAsync(Wide);
        var download = await visitor.Page.RunAndWaitForDownloadAsync(
            () => visitor.Section(section).GetByRole(AriaRole.Button, new() { Name = "Download CSV" }).ClickAsync());
        var text = await File.ReadAllTextAsync(await download.PathAsync(), TestContext.Current.CancellationToken);

        text.ShouldBe(await day.GetAsync(query, "text/csv"));
        download.SuggestedFilename.ShouldMatch(@"^usage-(hour|day)-\d{4}-\d\d-\d\d\.csv$");
        var lines = text.TrimEnd().Split("\r\n").Select(line => line.Split(',')).ToList();
        var usage = (await day.ReportAsync(query))["usage"]!.AsArray();
        lines[1..].Select(line => string.Join(' ', line[..10])).ShouldBe(usage.Select(line => string.Join(' ', lines[0][..10].Select(column => line![column]!.ToString()))));
        foreach (var column in lines[0].Index().Skip(10))
            lines[1..].Select(line => line[column.Index]).ShouldBe(usage.Select(line => $"{line![column.Item.Split('.')[0]]![column.Item.Split('.')[1]] ?? 0}"), column.Item);
    }

    [Theory]
    [MemberData(nameof(Screens))]
    public async Task Nobody_is_kept_out_by_how_it_is_made_and_nothing_is_cut_off(string screen)
    {
        await using var visitor = await EnterAsync(screen switch { "wide" => Wide, "wide-dark" => WideDark, "phone" => Phone, _ => PhoneDark });
        await visitor.Page.EvaluateAsync("document.querySelectorAll('details').forEach(details => details.open = true)");

        await visitor.ShouldSuitEverybodyAsync();

        var width = visitor.Page.ViewportSize!.Width;
        (await visitor.Page.EvaluateAsync<int>("document.documentElement.scrollWidth")).ShouldBe(width);
        // What is wider than its place is cut off, or has to be scrolled; on a phone that holds for the tables of all figures alone.
        (await visitor.Page.EvaluateAsync<string[]>("""
            [...document.querySelectorAll('main *')]
              .filter(one => getComputedStyle(one).overflowX !== 'visible' && one.scrollWidth > one.clientWidth + 1 && !one.matches('.unseen, .unseen *'))
              .map(one => one.getAttribute('aria-label') ?? one.outerHTML.slice(0, 80))
            """)).Where(place => width > 1000 || !place.StartsWith("Requests by", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Nobody_is_kept_out_before_he_is_in(ColorScheme scheme)
    {
        await using var visitor = await browser.VisitAsync(day.Address, new() { ColorScheme = scheme });
        await visitor.OpenAsync();
        await visitor.SignInAsync(SignInServer.Email, "wrong");
        await Visitor.ShouldSayAsync(visitor.Alert, "Invalid login credentials");

        await visitor.ShouldSuitEverybodyAsync();
    }

    [Fact]
    public async Task It_can_be_used_by_the_keyboard_alone()
    {
        await using var visitor = await browser.VisitAsync(day.Address, Wide);
        await visitor.OpenAsync();
        await Assertions.Expect(visitor.Page.GetByLabel("E-mail")).ToBeFocusedAsync();
        var keyboard = visitor.Page.Keyboard;
        await keyboard.TypeAsync(SignInServer.Email);
        await keyboard.PressAsync("Tab");
        await keyboard.TypeAsync(SignInServer.Password);
        await keyboard.PressAsync("Enter");
        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Heading, new() { Name = "Limits" })).ToBeFocusedAsync();

        var chart = visitor.Page.Locator("#hours .chart canvas");
        await TabToAsync(visitor, chart);
        await keyboard.PressAsync("End");
        var said = visitor.Page.Locator("#hours [aria-live]").First;
        await Assertions.Expect(said).ToContainTextAsync("infer");
        var last = await said.InnerTextAsync();
        await keyboard.PressAsync("ArrowLeft");
        await Assertions.Expect(said).Not.ToHaveTextAsync(last);

        await TabToAsync(visitor, visitor.Section("Last 24 hours").GetByText("All figures"));
        await keyboard.PressAsync("Enter");
        await Assertions.Expect(visitor.Section("Last 24 hours").Locator(".scroll").GetByRole(AriaRole.Row).First).ToBeVisibleAsync();

        await TabToAsync(visitor, visitor.Section("Keys, last 30 days").GetByRole(AriaRole.Button).First);
        await keyboard.PressAsync("Enter");
        await Visitor.ShouldSayAsync(visitor.Owner, $"key {day.Keys[0].Id}");
    }

    /// <summary>Pictures for the README, made where UPDATE_SCREENSHOTS=1; elsewhere it is only seen that they can be.</summary>
    [Theory]
    [InlineData("usage-page", "wide", 1640)]
    [InlineData("usage-page-dark", "wide-dark", 1640)]
    [InlineData("usage-page-phone", "phone", 1000)]
    public async Task It_has_its_picture_taken(string name, string screen, int height)
    {
        await using var visitor = await EnterAsync(screen switch { "wide" => Wide, "wide-dark" => WideDark, _ => Phone });
        // A key has used some of its limits; those of the tenant are for signed-in users alone, who have sent nothing.
        await visitor.Section("Keys, last 30 days").GetByRole(AriaRole.Button).First.ClickAsync();
        await Visitor.ShouldSayAsync(visitor.Owner, $"key {day.Keys[0].Id}");
        await visitor.Page.SetViewportSizeAsync(visitor.Page.ViewportSize!.Width, height);
        await visitor.Page.EvaluateAsync("document.activeElement.blur(); scrollTo(0, 0)");
        if (screen == "phone")
            await visitor.Page.EvaluateAsync("document.querySelector('#hours-heading').scrollIntoView()");

        var picture = await visitor.Page.ScreenshotAsync(new() { Animations = ScreenshotAnimations.Disabled });

        picture.Length.ShouldBeInRange(10_000, 400_000);
        if (Environment.GetEnvironmentVariable("UPDATE_SCREENSHOTS") == "1")
            await File.WriteAllBytesAsync(Path.Combine(Built.RepositoryRoot, "docs", $"{name}.png"), picture, TestContext.Current.CancellationToken);
    }

    private async Task<Visitor> EnterAsync(BrowserNewContextOptions options)
    {
        var visitor = await browser.VisitAsync(day.Address, options);
        await visitor.OpenAsync();
        await visitor.SignInAsync(SignInServer.Email, SignInServer.Password);
        await Visitor.ShouldSayAsync(visitor.Owner, "Tenant acme, all keys");
        return visitor;
    }

    private static async Task TabToAsync(Visitor visitor, ILocator place)
    {
        for (var stop = 0; stop < 60 && !await place.EvaluateAsync<bool>("place => place === document.activeElement"); stop++)
            await visitor.Page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(place).ToBeFocusedAsync();
    }

    private static long Admitted(JsonNode report) => report["totals"]!.AsArray().Sum(line => (long)line!["admitted"]!);
}
