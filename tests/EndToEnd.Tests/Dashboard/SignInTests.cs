using Microsoft.Playwright;

namespace FunctionsApi.EndToEnd.Tests.Dashboard;

/// <summary>People sign in on the usage page, at a stand-in for their Supabase project.</summary>
public sealed class SignInTests(Browser browser) : IClassFixture<Browser>, IAsyncLifetime
{
    private readonly Installation _installation = new();
    private SignInServer _project = null!;
    private RunningServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _project = await SignInServer.StartAsync();
        await _installation.RunAsync("tenants", "set", "--tenant", "acme", "--agents", "free");
        _server = await _installation.ServeAsync(_project.Settings);
    }

    public async ValueTask DisposeAsync()
    {
        await _installation.DisposeAsync();
        await _project.DisposeAsync();
    }

    [Fact]
    public async Task Who_signs_in_sees_the_whole_tenants_usage_and_leaves_nothing_behind()
    {
        await using var visitor = await browser.VisitAsync(_server.Address);
        await visitor.OpenAsync();

        await visitor.SignInAsync(SignInServer.Email, SignInServer.Password);

        await Visitor.ShouldSayAsync(visitor.Owner, "Tenant acme, all keys");
        await Visitor.ShouldSayAsync(visitor.Policy("Requests per hour"), "1,000 left");
        visitor.Requests.ShouldAllBe(request => !request.Query.Contains("token=") && !request.Query.Contains("horse"));
        (await visitor.Page.EvaluateAsync<int>("sessionStorage.length + localStorage.length + document.cookie.length")).ShouldBe(0);
        (await visitor.Page.EvaluateAsync<string>("[...document.querySelectorAll('input')].map(input => input.value).join('')")).ShouldNotContain("horse");
        visitor.Complaints.ShouldBeEmpty();

        await visitor.ClickAsync("Sign out");
        await Assertions.Expect(visitor.Page.GetByLabel("E-mail")).ToBeFocusedAsync();
        await Assertions.Expect(visitor.Policy("Requests per hour")).ToHaveCountAsync(0);
        await Patience.UntilAsync(() => Task.FromResult(_project.Ended == 1), "the session to end");
    }

    [Fact]
    public async Task A_wrong_password_is_told_in_the_projects_words()
    {
        await using var visitor = await browser.VisitAsync(_server.Address);
        await visitor.OpenAsync();

        await visitor.SignInAsync(SignInServer.Email, "wrong");

        await Visitor.ShouldSayAsync(visitor.Alert, "Invalid login credentials");
        await Assertions.Expect(visitor.Page.GetByLabel("E-mail")).ToBeFocusedAsync();
        await visitor.SignInAsync(SignInServer.Email, SignInServer.Password);
        await Visitor.ShouldSayAsync(visitor.Owner, "Tenant acme, all keys");
        await Assertions.Expect(visitor.Alert).ToBeHiddenAsync();
    }

    [Fact]
    public async Task A_token_that_is_about_to_end_is_renewed()
    {
        await using var visitor = await browser.VisitAsync(_server.Address);
        await visitor.Page.Clock.InstallAsync();
        await visitor.OpenAsync();
        await visitor.SignInAsync(SignInServer.Email, SignInServer.Password);
        await Visitor.ShouldSayAsync(visitor.Owner, "Tenant acme, all keys");
        _project.Grants.ShouldBe(1);

        await visitor.Page.Clock.FastForwardAsync(59 * 60 * 1000 + 1_000);

        await Patience.UntilAsync(() => Task.FromResult(_project.Grants == 2), "another token");
        await Assertions.Expect(visitor.Owner).ToBeVisibleAsync();
        visitor.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_stays_signed_in_until_the_tab_is_closed_is_so_after_a_reload()
    {
        await using var visitor = await browser.VisitAsync(_server.Address);
        await visitor.OpenAsync();
        await visitor.Page.Locator("#keep-signed-in").CheckAsync();
        await visitor.SignInAsync(SignInServer.Email, SignInServer.Password);
        await Visitor.ShouldSayAsync(visitor.Owner, "Tenant acme, all keys");

        await visitor.Page.ReloadAsync();

        await Visitor.ShouldSayAsync(visitor.Owner, "Tenant acme, all keys");
        (await visitor.Page.EvaluateAsync<int>("localStorage.length + document.cookie.length")).ShouldBe(0);
    }

    [Fact]
    public async Task A_key_can_be_used_instead()
    {
        var key = await _installation.CreateKeyAsync();
        await using var visitor = await browser.VisitAsync(_server.Address);
        await visitor.OpenAsync();
        await visitor.Page.GetByText("Use an API key or a token").ClickAsync();

        await visitor.SignInAsync(key.Text);

        await Visitor.ShouldSayAsync(visitor.Owner, $"Tenant acme, key {key.Id}");
        _project.Grants.ShouldBe(0);
    }
}
