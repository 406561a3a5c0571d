using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FunctionsApi.Operations;
using FunctionsApi.Settings;
using FunctionsApi.Tenants;
using FunctionsApi.Tests.Tenants;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Operations;

public sealed class OperationsPageTests
{
    private const string Key = "an-operations-key-of-32-characters";
    private const string Report = "/dashboard/operations/v1/report";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/dashboard/operations")]
    [InlineData("/dashboard/operations/operations.js")]
    [InlineData(Report)]
    public async Task There_is_no_page_unless_a_key_is_set(string path)
    {
        await using var host = await TestHost.StartAsync();

        using var response = await host.ClientWith(Key).GetAsync(path, Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("/dashboard/operations", "text/html; charset=utf-8")]
    [InlineData("/dashboard/operations/operations.js", "text/javascript; charset=utf-8")]
    [InlineData("/dashboard/operations/operations.css", "text/css; charset=utf-8")]
    public async Task The_page_asks_nobody_and_may_load_nothing_from_elsewhere(string path, string type)
    {
        await using var host = await StartAsync();

        using var response = await host.Client.GetAsync(path, Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.ToString().ShouldBe(type);
        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        policy.ShouldStartWith("default-src 'none'; script-src 'self'; ");
        policy.ShouldNotContain("unsafe");
    }

    [Fact]
    public async Task Without_the_key_there_is_no_report_and_guessing_is_limited()
    {
        await using var host = await StartAsync();
        using (var missing = await host.Client.GetAsync(Report, Cancel))
        {
            missing.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            missing.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
        }

        for (var guess = 0; guess < 20; guess++)
            using (var wrong = await host.ClientWith($"{Key}{guess}").GetAsync(Report, Cancel))
                wrong.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using (var tooMany = await host.ClientWith("another").GetAsync(Report, Cancel))
            tooMany.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        using var right = await host.ClientWith(Key).GetAsync(Report, Cancel);
        right.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_report_has_this_instance_its_consumers_and_what_shadow_policies_would_have_refused()
    {
        await using var host = await StartAsync();
        await host.SubscribeAsync("acme", agents: "free");
        await host.Services.GetRequiredService<TenantTable>().ChangeAsync(
            "acme",
            before => before with { Agents = before.Agents with { Limits = before.Agents.Limits.Add("crawl-per-hour", new(1, Shadow: true)).Add("synthesize-per-hour", new(1, null)) } },
            Cancel);
        await host.Services.GetRequiredService<TenantDirectory>().RefreshAsync(Cancel);
        using var client = await host.ClientAsync("acme", "alice");
        for (var i = 0; i < 3; i++)
        {
            (await client.PostAsJsonAsync("/api/v1/ingestion/crawl", new { url = "https://example.com" }, Cancel)).Dispose();
            (await client.PostAsJsonAsync("/api/v1/knowledge/synthesize", new { question = "Why?" }, Cancel)).Dispose();
        }

        await host.Services.GetRequiredService<InstanceTable>().WriteAsync(
            host.Services.GetServices<IHostedService>().OfType<InstanceReporter>().Single().Report(), Cancel);

        var report = await host.ClientWith(Key).GetFromJsonAsync<JsonElement>(Report, Cancel);

        var instance = report.GetProperty("instances").EnumerateArray().Single();
        instance.GetProperty("state").GetString().ShouldBe("running");
        instance.GetProperty("instance").GetProperty("ledger").GetProperty("state").GetString().ShouldBe("well");
        instance.GetProperty("instance").GetProperty("ledger").GetProperty("last").GetProperty("operations").GetInt32().ShouldBeGreaterThan(0);
        var consumer = report.GetProperty("consumers").EnumerateArray().Single();
        (consumer.GetProperty("tenant").GetString(), consumer.GetProperty("admitted").GetInt64(), consumer.GetProperty("refused").GetInt64()).ShouldBe(("acme", 4, 2));
        var shadow = report.GetProperty("shadows").EnumerateArray().Single();
        (shadow.GetProperty("policy").GetString(), shadow.GetProperty("wouldHaveRefused").GetInt64()).ShouldBe(("crawl-per-hour", 2));
    }

    [Fact]
    public async Task An_instance_that_stops_says_so()
    {
        await using var host = await TestHost.StartAsync();

        await host.Services.GetServices<IHostedService>().OfType<InstanceReporter>().Single().StopAsync(Cancel);

        (await host.Services.GetRequiredService<InstanceTable>().ListAsync(Cancel)).ShouldHaveSingleItem().Stopped.ShouldBeTrue();
    }

    [Theory]
    [InlineData("too-short")]
    [InlineData("a key with spaces in it")]
    [InlineData("a-key-with-an-umlaut-ü")]
    public void A_key_that_could_be_guessed_or_not_sent_is_refused_at_start_and_not_repeated(string key)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Operations:Key", key)]).Build();

        var message = Should.Throw<SettingsException>(() => AppSettings.Read(configuration)).Message;

        message.ShouldStartWith("Operations__Key is too short");
        message.ShouldNotContain(key);
    }

    [Fact]
    public async Task Top_prints_the_same_once_where_nobody_watches()
    {
        await using var run = new CommandRun();
        await run.OnStoreAsync(store => new InstanceTable(store).WriteAsync(
            new(
                "i1", "machine:7", "0.1.0", new ManualTime().GetUtcNow(), new ManualTime().GetUtcNow(),
                new("away", new(12, 2, 1.5, 40), 3, [new("away", new ManualTime().GetUtcNow(), null)]), 9, 4,
                new(2026, 2, 27, 9, 0, 0, TimeSpan.Zero), [new("acme", "k1", "agents", 1200, 34, 5, 6)], [new("acme", "agents", "crawl-per-hour", 8)]),
            Cancel));

        (await run.RunAsync("top")).ShouldBe(0, run.Error);

        var lines = run.Output.Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).ToList();
        lines[0].ShouldBe("2026-02-27 09:30:00 UTC: 1 instance runs");
        lines.ShouldContain("machine:7 running away 12 2 1.5 40.0 9");
        lines.ShouldContain("machine:7 away 2026-02-27 09:30:00Z now");
        lines.ShouldContain("acme k1 agents 1,239 1,200 34 5 6");
        lines.ShouldContain("acme agents crawl-per-hour 8");

        (await run.RunAsync("top", "--json")).ShouldBe(0);
        JsonElement.Parse(run.Output).GetProperty("consumers").GetArrayLength().ShouldBe(1);
        (await run.RunAsync("top", "--interval", "0")).ShouldBe(1);
        run.Error.ShouldBe("--interval is 1 to 3600 seconds.");
    }

    private static Task<TestHost> StartAsync() => TestHost.StartAsync(new() { ["Operations:Key"] = Key });
}
