using FunctionsApi.Agents.Ingestion.Reading;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents.Reading;

/// <summary>What a site's robots.txt and its answers ask for: which pages are read, and after which pauses.</summary>
public sealed class PolitenessTests : ReadingTests
{
    [Fact]
    public async Task What_robots_txt_forbids_is_not_asked_for_not_even_by_a_redirect()
    {
        var asked = new List<string>();
        await using var site = await TestSite.StartAsync(http =>
        {
            asked.Add(http.Request.Path);
            return http.Request.Path == "/robots.txt" ? http.Response.WriteAsync("user-agent: *\ndisallow: /secret") : Redirect(http, "/secret");
        });

        (await FailsAsync(site)).ShouldBe("The site's robots.txt does not allow it.");
        asked.ShouldBe(["/robots.txt", "/"]);
    }

    [Theory]
    [InlineData(404, true)]
    [InlineData(403, true)]
    [InlineData(500, false)]
    [InlineData(429, false)]
    public async Task Without_a_robots_txt_everything_is_allowed_and_nothing_where_it_cannot_be_read(int status, bool allowed)
    {
        await using var site = await TestSite.StartAsync(http =>
        {
            http.Response.ContentType = "text/plain";
            if (http.Request.Path != "/robots.txt")
                return http.Response.WriteAsync("text");
            http.Response.StatusCode = status;
            http.Response.Headers.RetryAfter = "0";
            return Task.CompletedTask;
        });

        var failure = await Record.ExceptionAsync(() => ReadAsync(site));

        if (allowed)
            failure.ShouldBeNull();
        else
            failure!.Message.ShouldBe($"The site's robots.txt cannot be read, so that no page may be. It answered {status}.");
    }

    [Fact]
    public async Task Robots_txt_is_asked_for_once_a_day()
    {
        var asked = 0;
        await using var site = await TestSite.StartAsync(http =>
        {
            asked += http.Request.Path == "/robots.txt" ? 1 : 0;
            http.Response.ContentType = "text/plain";
            return http.Response.WriteAsync("text");
        });
        await ReadAsync(site);
        await ReadAsync(site);
        asked.ShouldBe(1);
        _time.Advance(TimeSpan.FromHours(24));

        await ReadAsync(site);

        asked.ShouldBe(2);
    }

    [Fact]
    public async Task An_overloaded_site_is_asked_again_as_late_as_it_wants()
    {
        var time = new PausingTime();
        using var readers = new Readers(time);
        var asked = new List<DateTimeOffset>();
        await using var site = await TestSite.StartAsync(http =>
        {
            http.Response.ContentType = "text/plain";
            if (http.Request.Path == "/robots.txt")
                return Task.CompletedTask;
            asked.Add(time.GetUtcNow());
            http.Response.StatusCode = asked.Count < 3 ? 503 : 200;
            http.Response.Headers.RetryAfter = "7";
            return http.Response.WriteAsync(asked.Count < 3 ? "" : "Here again.");
        });

        var reading = readers.Pages.ReadAsync(site.Address, null, Readers.GoOn, Cancel);
        await time.PassUntilAsync(reading);

        (await reading).Page!.Text.ShouldBe("Here again.");
        Pauses(asked).ShouldBe([7, 7]);
    }

    [Theory]
    [InlineData(null, new double[] { 2, 4 }, "The page answered 429.")]
    [InlineData("-1", new double[] { 2, 4 }, "The page answered 429.")]
    [InlineData("60", new double[] { 60, 60 }, "The page answered 429.")]
    [InlineData("61", new double[0], "The page answered 429.")]
    public async Task A_site_that_stays_overloaded_is_left_alone_in_the_end(string? retryAfter, double[] pauses, string reason)
    {
        var time = new PausingTime();
        using var readers = new Readers(time);
        var asked = new List<DateTimeOffset>();
        await using var site = await TestSite.StartAsync(http =>
        {
            if (http.Request.Path == "/robots.txt")
                return Task.CompletedTask;
            asked.Add(time.GetUtcNow());
            http.Response.StatusCode = 429;
            http.Response.Headers.RetryAfter = retryAfter;
            return Task.CompletedTask;
        });

        var reading = readers.Pages.ReadAsync(site.Address, null, Readers.GoOn, Cancel);
        await time.PassUntilAsync(reading);

        (await Should.ThrowAsync<PageException>(reading)).Message.ShouldBe(reason);
        Pauses(asked).ShouldBe(pauses);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("user-agent: *\ncrawl-delay: 5", 5)]
    [InlineData("user-agent: *\ncrawl-delay: 3600", 30)]
    public async Task A_host_is_left_alone_after_each_request(string robots, double seconds)
    {
        var time = new PausingTime();
        using var readers = new Readers(time, new() { AllowPrivateAddresses = true, DelayMilliseconds = 1000 });
        var asked = new List<DateTimeOffset>();
        await using var site = await TestSite.StartAsync(http =>
        {
            http.Response.ContentType = "text/plain";
            asked.Add(time.GetUtcNow());
            return http.Response.WriteAsync(http.Request.Path == "/robots.txt" ? robots : "text");
        });

        for (var page = 0; page < 2; page++)
        {
            var reading = readers.Pages.ReadAsync(site.Address, null, Readers.GoOn, Cancel);
            await time.PassUntilAsync(reading);
            await reading;
        }

        // The site's own pause is known once its robots.txt is.
        Pauses(asked).ShouldBe([seconds, seconds]);
    }

    [Fact]
    public async Task A_host_is_asked_for_one_page_at_a_time()
    {
        var (at, most) = (0, 0);
        await using var site = await TestSite.StartAsync(async http =>
        {
            most = Math.Max(most, Interlocked.Increment(ref at));
            http.Response.ContentType = "text/plain";
            await Task.Yield();
            await http.Response.WriteAsync("text");
            Interlocked.Decrement(ref at);
        });

        await Task.WhenAll(Enumerable.Range(0, 10).Select(page => ReadAsync(new Uri(site.Address, $"/{page}"))));

        most.ShouldBe(1);
    }

    private static double[] Pauses(List<DateTimeOffset> asked) =>
        [.. asked.Zip(asked.Skip(1), (before, after) => (after - before).TotalSeconds)];
}
