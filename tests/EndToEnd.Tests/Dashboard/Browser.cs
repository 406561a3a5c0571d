using Microsoft.Playwright;

namespace FunctionsApi.EndToEnd.Tests.Dashboard;

/// <summary>One Chromium for all tests of a class; each visitor is a stranger to the others.</summary>
public sealed class Browser : IAsyncDisposable
{
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    internal async Task<Visitor> VisitAsync(Uri server, BrowserNewContextOptions? options = null)
    {
        var chromium = await Tool.ChromiumAsync();
        _playwright ??= await Playwright.CreateAsync();
        _browser ??= await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = chromium,
            // Nobody runs a sandbox as root, and what Chromium asks of its maker's servers is no business of these tests.
            // A page on this machine may ask another server on this machine, as one on the internet may ask any.
            Args = ["--disable-features=LocalNetworkAccessChecks", "--no-sandbox", "--no-proxy-server", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        var context = await _browser.NewContextAsync(options ?? new());
        context.SetDefaultTimeout((float)Patience.Limit.TotalMilliseconds);
        return new(server, context, await context.NewPageAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await (_browser?.DisposeAsync() ?? ValueTask.CompletedTask);
        _playwright?.Dispose();
    }
}
