using System.Text;
using FunctionsApi.Agents.Ingestion.Reading;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents.Reading;

/// <summary>Reads sites on this machine, by a clock that the test moves.</summary>
public abstract class ReadingTests : IDisposable
{
    private protected readonly ManualTime _time = new();
    private protected readonly Readers _readers;

    private protected ReadingTests() => _readers = new(_time);

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _readers.Dispose();
    }

    private protected static Task Redirect(HttpContext http, string location)
    {
        if (http.Request.Path == "/robots.txt")
            http.Response.StatusCode = 404;
        else
            http.Response.Redirect(location);
        return Task.CompletedTask;
    }

    private protected static Task<TestSite> SiteAsync(string? type, string body) => SiteAsync(type, Encoding.UTF8.GetBytes(body));

    private protected static Task<TestSite> SiteAsync(string? type, byte[] body) => TestSite.StartAsync(http =>
    {
        http.Response.ContentType = http.Request.Path == "/robots.txt" ? "text/plain" : type;
        return http.Request.Path == "/robots.txt" ? Task.CompletedTask : http.Response.Body.WriteAsync(body).AsTask();
    });

    private protected Task<Page> ReadAsync(TestSite site) => ReadAsync(site.Address);

    private protected async Task<Page> ReadAsync(Uri url) => (await _readers.Pages.ReadAsync(url, null, Readers.GoOn, Cancel)).Page!;

    private protected async Task<string> FailsAsync(TestSite site) =>
        (await Should.ThrowAsync<PageException>(() => ReadAsync(site))).Message;
}
