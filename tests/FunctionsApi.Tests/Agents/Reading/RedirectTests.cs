using System.Net;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents.Reading;

/// <summary>Which redirects are followed.</summary>
public sealed class RedirectTests : ReadingTests
{
    [Fact]
    public async Task A_redirect_within_the_site_is_followed()
    {
        await using var site = await TestSite.StartAsync(http =>
        {
            if (http.Request.Path != "/new")
                return Redirect(http, "/new");
            http.Response.ContentType = "text/plain";
            return http.Response.WriteAsync("Moved here.");
        });

        var answer = await _readers.Pages.ReadAsync(site.Address, null, Readers.GoOn, Cancel);

        (answer.Url.AbsolutePath, answer.Page!.Text).ShouldBe(("/new", "Moved here."));
    }

    [Fact]
    public async Task A_redirect_to_the_same_site_with_www_is_followed()
    {
        await using var site = await TestSite.StartAsync(http =>
        {
            if (http.Request.Host.Host == "example.com")
                return Redirect(http, $"http://www.example.com:{http.Request.Host.Port}{http.Request.Path}");
            http.Response.ContentType = "text/plain";
            return http.Response.WriteAsync("Welcome.");
        });
        using var readers = new Readers(_time, resolve: (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));

        var answer = await readers.Pages.ReadAsync(new($"http://example.com:{site.Address.Port}/a"), null, Readers.GoOn, Cancel);

        answer.Url.Host.ShouldBe("www.example.com");
    }

    [Theory]
    [InlineData("http://localhost:1/", "The page redirects to another site, localhost.")]
    [InlineData("http://127.0.0.1:1/", "The page redirects to another site, 127.0.0.1.")]
    [InlineData("file:///etc/passwd", "The page redirects to another site, .")]
    [InlineData("http://u:p@127.0.0.1/", "The page redirects to another site, 127.0.0.1.")]
    [InlineData("/again", "The page redirects more than 5 times.")]
    public async Task A_redirect_to_elsewhere_or_without_end_is_not_followed(string location, string reason)
    {
        await using var site = await TestSite.StartAsync(http => Redirect(http, location));

        (await FailsAsync(site)).ShouldBe(reason);
    }
}
