using System.Collections.Concurrent;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace FunctionsApi.EndToEnd.Tests.Dashboard;

/// <summary>A visitor of one of the pages, and what his browser noticed meanwhile.</summary>
internal sealed class Visitor : IAsyncDisposable
{
    private readonly Uri _server;
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly ConcurrentQueue<Uri> _requests = new();

    public Visitor(Uri server, IBrowserContext context, IPage page)
    {
        (_server, _context, Page) = (server, context, page);
        page.Console += (_, message) => Complain(message.Type is "error" or "warning", message.Text);
        page.PageError += (_, error) => Complain(true, error);
        context.Request += (_, request) => _requests.Enqueue(new(request.Url));
    }

    public IPage Page { get; }

    /// <summary>Errors and warnings of the page's scripts, of its security policy, and of requests that were refused.</summary>
    public IEnumerable<string> Complaints => _complaints;

    /// <summary>What was asked for, wherever it is.</summary>
    public IEnumerable<Uri> Requests => _requests;

    public IEnumerable<string> ForeignRequests => _requests
        .Where(request => request.Scheme is not ("data" or "blob") && request.Authority != _server.Authority)
        .Select(request => request.ToString());

    /// <summary>The card of a policy.</summary>
    public ILocator Policy(string name) =>
        Page.GetByRole(AriaRole.Listitem).Filter(new() { Has = Page.GetByRole(AriaRole.Heading, new() { Name = name, Exact = true }) });

    public ILocator Alert => Page.GetByRole(AriaRole.Alert);

    public ILocator Credential => Page.GetByLabel("API key or token");

    public ILocator Owner => Page.Locator("#owner");

    public ILocator Section(string name) => Page.GetByRole(AriaRole.Region, new() { Name = name, Exact = true });

    /// <summary>One of the large figures of a section.</summary>
    public ILocator Figure(string section, string name) =>
        Section(section).Locator(".summary dl > div").Filter(new() { Has = Page.GetByText(name, new() { Exact = true }) });

    public static Task ShouldSayAsync(ILocator place, string text) =>
        Assertions.Expect(place).ToContainTextAsync(text, new() { Timeout = (float)Patience.Limit.TotalMilliseconds });

    public async Task OpenAsync() => await Page.GotoAsync(new Uri(_server, "/dashboard/settings/usage").ToString());

    /// <summary>With a key or token.</summary>
    public async Task SignInAsync(string credential)
    {
        await Credential.FillAsync(credential);
        await ClickAsync("Show usage");
    }

    public async Task SignInAsync(string email, string password)
    {
        await Page.GetByLabel("E-mail").FillAsync(email);
        await Page.GetByLabel("Password").FillAsync(password);
        await ClickAsync("Sign in");
    }

    public Task ClickAsync(string button) => Page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();

    /// <summary>The cells of the table of a section, row by row: the heading, an hour or day each, the total.</summary>
    public async Task<IReadOnlyList<string>> TableAsync(string section)
    {
        await Section(section).Locator("details:not([open]) > summary").ClickAsync();
        return await Section(section).Locator(".scroll").GetByRole(AriaRole.Row).AllInnerTextsAsync();
    }

    /// <summary>
    /// Looks for what keeps people out: contrast, names, roles, order. The scripts that look come from outside of the page, which its
    /// security policy would refuse; they run beside it.
    /// </summary>
    public async Task ShouldSuitEverybodyAsync()
    {
        var result = await Page.RunAxe(new AxeRunOptions());
        result.Violations.Select(found => $"{found.Id}: {found.Help} {string.Join("; ", found.Nodes.Select(node => node.Html))}").ShouldBeEmpty();
    }

    public ValueTask DisposeAsync() => _context.DisposeAsync();

    private void Complain(bool really, string text)
    {
        if (really)
            _complaints.Enqueue(text);
    }
}
