using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Agents.Knowledge;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents;

/// <summary>Documents and crawls, as their tenant lists, reads, cancels and deletes them.</summary>
public sealed class DocumentsTests : AgentsTests
{
    private const string Documents = "/api/v1/knowledge/documents", Crawls = "/api/v1/ingestion/crawl";

    [Fact]
    public async Task Documents_are_listed_page_by_page_with_the_room_that_is_left()
    {
        for (var number = 0; number < 5; number++)
            await StoreAsync("acme", $"page{number}");
        await StoreAsync("other", "secret");

        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await JsonAsync($"{Documents}?limit=2{(cursor is null ? "" : $"&cursor={cursor}")}");
            seen.AddRange(page["documents"]!.AsArray().Select(document => document!["title"]!.GetValue<string>()));
            page["documents"]!.AsArray().ShouldAllBe(document => document!["text"] == null);
            page["totals"]!.ToJsonString().ShouldBe("""{"documents":5,"maxDocuments":20000,"bytes":50,"maxBytes":268435456}""");
            cursor = page["next"]?.GetValue<string>();
        }
        while (cursor is not null);

        seen.ShouldBe(["page0", "page1", "page2", "page3", "page4"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_document_is_shown_with_its_text_and_deleted()
    {
        var id = await StoreAsync("acme", "page1");

        var document = await JsonAsync($"{Documents}/{id}");
        document.ToJsonString().ShouldBe($$"""{"id":"{{id}}","url":"https://docs.example/page1","title":"page1","fetchedAt":"2026-02-27T09:30:00Z","bytes":10,"text":"Text."}""");

        (await (await Client.DeleteAsync($"{Documents}/{id}", Cancel)).Content.ReadAsStringAsync(Cancel)).ShouldBe("""{"deleted":1}""");
        (await Client.GetAsync($"{Documents}/{id}", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await Client.DeleteAsync($"{Documents}/{id}", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Another_tenants_documents_do_not_exist()
    {
        var id = await StoreAsync("other", "secret", crawl: Guid.Empty.ToString("N"));

        (await Client.GetAsync($"{Documents}/{id}", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await Client.DeleteAsync($"{Documents}/{id}", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await (await Client.DeleteAsync($"{Documents}?crawl={Guid.Empty:N}", Cancel)).Content.ReadAsStringAsync(Cancel)).ShouldBe("""{"deleted":0}""");
    }

    [Fact]
    public async Task A_crawls_documents_are_deleted_together()
    {
        var crawl = Guid.CreateVersion7().ToString("N");
        await StoreAsync("acme", "page1", crawl);
        await StoreAsync("acme", "page2", crawl);
        await StoreAsync("acme", "page3");

        (await (await Client.DeleteAsync($"{Documents}?crawl={crawl}", Cancel)).Content.ReadAsStringAsync(Cancel)).ShouldBe("""{"deleted":2}""");

        (await JsonAsync(Documents))["documents"]!.AsArray().ShouldHaveSingleItem()!["title"]!.GetValue<string>().ShouldBe("page3");
    }

    [Theory]
    [InlineData("GET", Documents + "?limit=0", "'limit' must be a whole number from 1 to 200.")]
    [InlineData("GET", Documents + "?cursor=totals", "'cursor' must be the 'next' of an answer.")]
    [InlineData("GET", Crawls + "?limit=101", "'limit' must be a whole number from 1 to 100.")]
    [InlineData("DELETE", Documents, "'crawl' is missing: it is the id of the crawl whose documents to delete.")]
    [InlineData("DELETE", Documents + "?crawl=all", "'crawl' must be the id of a crawl.")]
    public async Task What_is_invalid_is_refused_and_uses_nothing(string method, string path, string reason)
    {
        using var request = new HttpRequestMessage(new(method), path);
        using var response = await Client.SendAsync(request, Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!["message"]!.GetValue<string>().ShouldBe(reason);
        response.Headers.GetValues("X-RateLimit-Remaining").ShouldBe(["1000"]);
    }

    [Fact]
    public async Task Crawls_are_listed_the_newest_first_and_cancelled()
    {
        var jobs = Host.Services.GetRequiredService<CrawlJobs>();
        var ids = new List<string>();
        for (var number = 0; number < 3; number++)
        {
            ids.Add((await jobs.AddAsync("acme", $"https://docs.example/{number}", 1, 0, Cancel)).Id);
            Host.Time.Advance(TimeSpan.FromSeconds(1));
        }

        await jobs.AddAsync("other", "https://docs.example/", 1, 0, Cancel);
        var first = await JsonAsync($"{Crawls}?limit=2");
        IdsOf(first).ShouldBe([ids[2], ids[1]]);
        var second = await JsonAsync($"{Crawls}?cursor={first["next"]!.GetValue<string>()}");
        IdsOf(second).ShouldBe([ids[0]]);
        second["next"].ShouldBeNull();

        using var cancelled = await Client.DeleteAsync($"{Crawls}/{ids[1]}", Cancel);
        (await cancelled.Content.ReadFromJsonAsync<JsonObject>(Cancel))!["status"]!.GetValue<string>().ShouldBe("cancelled");
        (await JsonAsync($"{Crawls}/{ids[1]}"))["status"]!.GetValue<string>().ShouldBe("cancelled");
        (await Client.DeleteAsync($"{Crawls}/{ids[1]}", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await jobs.TryClaimAsync("acme", ids[1], "m", Cancel)).ShouldBeNull();
        (await Client.DeleteAsync($"{Crawls}/{Guid.Empty:N}", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private static IEnumerable<string> IdsOf(JsonObject list) => list["jobs"]!.AsArray().Select(job => job!["id"]!.GetValue<string>());

    private async Task<string> StoreAsync(string tenant, string title, string? crawl = null)
    {
        var document = Document.Of($"https://docs.example/{title}", title, "Text.", Host.Time.GetUtcNow());
        await Host.Services.GetRequiredService<DocumentTable>().PutAsync(tenant, document with { Info = document.Info with { Job = crawl } }, Cancel);
        return document.Info.Id;
    }

    private async Task<JsonObject> JsonAsync(string path) => (await Client.GetFromJsonAsync<JsonObject>(path, Cancel))!;
}
