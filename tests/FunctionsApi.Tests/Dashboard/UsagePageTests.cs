using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Dashboard;

public sealed partial class UsagePageTests
{
    private const string Page = "/dashboard/settings/usage";

    private static readonly string Sources = Path.Combine(Docs.Document.Repository, "src", "FunctionsApi", "Dashboard", "Page");

    public static TheoryData<string, string> Addresses => new(
        Files.Select(file => ($"{Page}/{Path.GetFileName(file)}", ContentTypeOf(file)))
            .Prepend((Page, "text/html; charset=utf-8"))
            .Append(($"{Page}/settings.json", "application/json")));

    [Theory]
    [MemberData(nameof(Addresses))]
    public async Task Every_file_is_served_to_anybody_and_can_neither_run_nor_reach_anything_foreign(string address, string contentType)
    {
        await using var host = await TestHost.StartAsync();
        using var response = await host.Client.GetAsync(address, TestHost.Cancelled);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.ToString().ShouldBe(contentType);
        response.Headers.GetValues("Content-Security-Policy").Single().Split("; ").ShouldBe(
        [
            "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:",
            "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'",
        ]);
        response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        response.Headers.GetValues("Referrer-Policy").ShouldBe(["no-referrer"]);
        response.Headers.CacheControl!.ToString().ShouldBe("no-cache");
    }

    [Theory]
    [MemberData(nameof(Addresses))]
    public async Task It_is_not_sent_again_to_who_has_it(string address, string contentType)
    {
        await using var host = await TestHost.StartAsync();
        using var first = await host.Client.GetAsync(address, TestHost.Cancelled);
        first.Content.Headers.ContentType!.ToString().ShouldBe(contentType);
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.IfNoneMatch.Add(new EntityTagHeaderValue("\"another\""));
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);

        using var second = await host.Client.SendAsync(request, TestHost.Cancelled);

        second.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        second.Headers.ETag.ShouldBe(first.Headers.ETag);
        (await second.Content.ReadAsByteArrayAsync(TestHost.Cancelled)).ShouldBeEmpty();
    }

    [Fact]
    public async Task HEAD_tells_the_length_alone()
    {
        await using var host = await TestHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Head, Page);
        using var response = await host.Client.SendAsync(request, TestHost.Cancelled);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentLength.ShouldBe(new FileInfo(Path.Combine(Sources, "page.html")).Length);
        response.Headers.ETag.ShouldNotBeNull();
    }

    [Fact]
    public async Task It_is_told_of_nothing_where_nothing_is_set()
    {
        await using var host = await TestHost.StartAsync();
        (await host.Client.GetStringAsync($"{Page}/settings.json", TestHost.Cancelled)).ShouldBe("""{"upgradeUrl":null,"signIn":null}""");
    }

    [Fact]
    public async Task Where_people_sign_in_at_a_project_the_page_may_reach_it_and_nothing_else()
    {
        await using var host = await TestHost.StartAsync(new()
        {
            ["Auth:Supabase:Issuer"] = "https://project.supabase.co/auth/v1/",
            ["Auth:Supabase:JwtSecret"] = "a-secret-of-at-least-32-characters",
            ["Auth:Supabase:PublicKey"] = "sb_publishable_abc",
            ["Dashboard:UpgradeUrl"] = "https://app.example.com/billing",
        });
        using var response = await host.Client.GetAsync($"{Page}/settings.json", TestHost.Cancelled);

        (await response.Content.ReadAsStringAsync(TestHost.Cancelled)).ShouldBe(
            """{"upgradeUrl":"https://app.example.com/billing","signIn":{"address":"https://project.supabase.co/auth/v1","publicKey":"sb_publishable_abc"}}""");
        response.Headers.GetValues("Content-Security-Policy").Single().Split("; ").ShouldContain("connect-src 'self' https://project.supabase.co");
    }

    [Theory]
    [InlineData("/dashboard")]
    [InlineData("/dashboard/settings")]
    [InlineData(Page + "/nothing.js")]
    [InlineData(Page + "/..%2fpage.js")]
    [InlineData(Page + "/UsagePage.cs")]
    [InlineData(Page + "/vendor/chart.umd.min.js")]
    [InlineData(Page + "/chart.LICENSE.md")]
    [InlineData(Page + "/page.js/more")]
    public async Task Beside_it_there_is_nothing(string address)
    {
        await using var host = await TestHost.StartAsync();
        (await host.Client.GetAsync(address, TestHost.Cancelled)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task It_can_only_be_read()
    {
        await using var host = await TestHost.StartAsync();
        using var response = await host.Client.PostAsync(Page, null, TestHost.Cancelled);
        response.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        response.Content.Headers.Allow.ShouldBe(["GET", "HEAD"]);
    }

    [Fact]
    public void No_file_loads_what_is_not_there_or_not_ours()
    {
        var served = Files.Select(Path.GetFileName).ToList();
        foreach (var file in Files.Where(IsOurs))
            foreach (Match reference in References().Matches(File.ReadAllText(file)))
                served.ShouldContain(Path.GetFileName(reference.Groups["path"].Value), $"{file} loads {reference}");
    }

    [Fact]
    public void No_script_makes_markup_of_text()
    {
        foreach (var file in Files.Where(file => IsOurs(file) && file.EndsWith(".js", StringComparison.Ordinal)))
            Markup().Match(File.ReadAllText(file)).Value.ShouldBeEmpty(file);
    }

    private static List<string> Files =>
        [.. Directory.EnumerateFiles(Sources, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".md", StringComparison.Ordinal))];

    private static bool IsOurs(string file) => Path.GetDirectoryName(file) == Sources;

    private static string ContentTypeOf(string file) => Path.GetExtension(file) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        _ => "text/javascript; charset=utf-8",
    };

    [GeneratedRegex("""(?:href|src)="(?!data:)(?<path>[^"]*)"|from '(?<path>[^']*)'|url\((?<path>[^)]*)\)|@import (?<path>.*)""", RegexOptions.ExplicitCapture)]
    private static partial Regex References();

    [GeneratedRegex(@"innerHTML|outerHTML|insertAdjacentHTML|document\.write|setHTML|DOMParser|eval\(|new Function", RegexOptions.ExplicitCapture)]
    private static partial Regex Markup();
}
