using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FunctionsApi.Agents.Knowledge;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents;

public sealed class KnowledgeTests : IAsyncLifetime
{
    private const string Search = "/api/v1/knowledge/search";
    private const string Synthesize = "/api/v1/knowledge/synthesize";

    private TestHost _host = null!;
    private HttpClient _client = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _host = await TestHost.StartAsync();
        _client = await _host.ClientAsync("acme", "alice", agents: "free");
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task Documents_are_found_best_match_first()
    {
        await StoreAsync("acme", "windows", "A window is an hour. A window is aligned.");
        await StoreAsync("acme", "leases", "A lease is spent within a window.");
        await StoreAsync("acme", "bursts", "A burst opens once an hour.");

        var answer = await GetAsync($"{Search}?q=window");

        answer["query"]!.GetValue<string>().ShouldBe("window");
        answer["total"]!.GetValue<int>().ShouldBe(2);
        Titles(answer).ShouldBe(["windows", "leases"]);
        var first = answer["results"]![0]!;
        first["url"]!.GetValue<string>().ShouldBe("https://docs.example/windows");
        first["snippet"]!.GetValue<string>().ShouldBe("A window is an hour. A window is aligned.");
        first["fetchedAt"]!.GetValue<string>().ShouldBe("2026-02-27T09:30:00Z");
        first["score"]!.GetValue<double>().ShouldBeGreaterThan(answer["results"]![1]!["score"]!.GetValue<double>());
    }

    [Fact]
    public async Task No_more_results_are_answered_than_asked_for()
    {
        for (var i = 0; i < 12; i++)
            await StoreAsync("acme", $"page{i}", "The same word.");

        Titles(await GetAsync($"{Search}?q=word")).Count.ShouldBe(10);
        var answer = await GetAsync($"{Search}?q=word&limit=2");
        Titles(answer).Count.ShouldBe(2);
        answer["total"]!.GetValue<int>().ShouldBe(12);
    }

    [Fact]
    public async Task Another_tenants_documents_are_not_found()
    {
        await StoreAsync("other", "secrets", "A window on secrets.");

        (await GetAsync($"{Search}?q=window"))["total"]!.GetValue<int>().ShouldBe(0);
        (await AskAsync(new { question = "What is a window?" }))["sources"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_search_whose_answer_the_client_has_is_a_304_and_counts_as_a_request()
    {
        await StoreAsync("acme", "windows", "A window is an hour.");
        var first = await _client.GetAsync($"{Search}?q=window", Cancel);
        first.Headers.CacheControl!.ToString().ShouldBe("max-age=300, private");
        first.Headers.GetValues("X-RateLimit-Remaining").ShouldBe(["999"]);

        var second = await GetAsync($"{Search}?q=window", first.Headers.ETag!.ToString());

        second.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        second.Headers.ETag.ShouldBe(first.Headers.ETag);
        second.Headers.CacheControl!.ToString().ShouldBe("max-age=300, private");
        second.Headers.GetValues("X-RateLimit-Remaining").ShouldBe(["998"]);
        (await second.Content.ReadAsByteArrayAsync(Cancel)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("\"other\"", HttpStatusCode.OK)]
    [InlineData("\"other\", {0}", HttpStatusCode.NotModified)]
    [InlineData("W/{0}", HttpStatusCode.NotModified)]
    [InlineData("*", HttpStatusCode.NotModified)]
    [InlineData("garbage", HttpStatusCode.OK)]
    public async Task If_None_Match_is_understood_as_it_may_be_written(string known, HttpStatusCode status)
    {
        var first = await _client.GetAsync($"{Search}?q=window", Cancel);

        var second = await GetAsync($"{Search}?q=window", known.Replace("{0}", first.Headers.ETag!.Tag));

        second.StatusCode.ShouldBe(status);
    }

    [Fact]
    public async Task A_search_that_has_a_new_answer_has_a_new_tag()
    {
        var before = await _client.GetAsync($"{Search}?q=window", Cancel);
        await StoreAsync("acme", "windows", "A window is an hour.");

        var after = await GetAsync($"{Search}?q=window", before.Headers.ETag!.ToString());

        after.StatusCode.ShouldBe(HttpStatusCode.OK);
        after.Headers.ETag.ShouldNotBe(before.Headers.ETag);
    }

    [Theory]
    [InlineData("", "'q' is missing.")]
    [InlineData("?q=%20", "'q' is missing.")]
    [InlineData("?q=...", "'q' has no word to search for.")]
    [InlineData("?q=a&q=b", "'q' is given more than once.")]
    [InlineData("?q=a&limit=0", "'limit' must be a whole number from 1 to 50.")]
    [InlineData("?q=a&limit=51", "'limit' must be a whole number from 1 to 50.")]
    [InlineData("?q=a&limit=many", "'limit' must be a whole number from 1 to 50.")]
    public async Task An_invalid_search_is_refused_and_uses_nothing(string query, string reason)
    {
        var response = await _client.GetAsync(Search + query, Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!["message"]!.GetValue<string>().ShouldBe(reason);
        response.Headers.GetValues("X-RateLimit-Remaining").ShouldBe(["1000"]);
        response.Headers.ETag.ShouldBeNull();
    }

    [Fact]
    public async Task An_answer_is_made_of_the_sentences_that_say_most_and_names_their_sources()
    {
        await StoreAsync("acme", "bursts", "Limits are hourly. A burst lasts at most ten seconds. Days always hold.");
        await StoreAsync("acme", "leases", "Leases are spent in memory. A lease has nothing to do with a burst.");
        await StoreAsync("acme", "colours", "Red is a colour.");

        var answer = await AskAsync(new { question = "How many seconds lasts a burst?" });

        answer["answer"]!.GetValue<string>().ShouldBe(
            "A burst lasts at most ten seconds. [1] A lease has nothing to do with a burst. [2]");
        answer["sources"]!.AsArray().Select(source => (source!["number"]!.GetValue<int>(), source["title"]!.GetValue<string>()))
            .ShouldBe([(1, "bursts"), (2, "leases")]);
        answer["credits"]!.GetValue<int>().ShouldBe(3);
    }

    [Fact]
    public async Task No_more_sources_are_drawn_on_than_asked_for()
    {
        await StoreAsync("acme", "one", "A burst is short.");
        await StoreAsync("acme", "two", "A burst is rare.");

        (await AskAsync(new { question = "burst?", maxSources = 1 }))["sources"]!.AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task With_nothing_stored_the_answer_says_so()
    {
        var answer = await AskAsync(new { question = "What is a burst?" });

        answer["answer"]!.GetValue<string>().ShouldBe("There is nothing to draw on: no documents are stored.");
        answer["sources"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Where_no_document_fits_the_answer_says_so()
    {
        await StoreAsync("acme", "colours", "Red is a colour.");

        (await AskAsync(new { question = "What is a burst?" }))["answer"]!.GetValue<string>()
            .ShouldBe("There is nothing to draw on: none of the 1 stored documents has a word of the question.");
    }

    [Fact]
    public async Task Credits_are_metered_in_usage()
    {
        await StoreAsync("acme", "bursts", "A burst is short.");
        await AskAsync(new { question = "burst?" });
        await AskAsync(new { question = "lease?" });

        var usage = await GetAsync("/api/v1/usage");

        var line = usage["totals"]!.AsArray().ShouldHaveSingleItem()!;
        line["endpoint"]!.GetValue<string>().ShouldBe("synthesize");
        line["permits"]!.GetValue<long>().ShouldBe(2);
        line["credits"]!.GetValue<long>().ShouldBe(3);
    }

    [Theory]
    [InlineData("{}", "'question' is missing.")]
    [InlineData("""{"question":""}""", "'question' must be a string of 1 to 2000 characters.")]
    [InlineData("""{"question":"?!"}""", "'question' has no word to look for.")]
    [InlineData("""{"question":"why","maxSources":11}""", "'maxSources' must be a whole number from 1 to 10.")]
    public async Task An_invalid_question_is_refused_and_uses_nothing(string body, string reason)
    {
        var response = await _client.PostAsync(Synthesize, new StringContent(body, null, "application/json"), Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!["message"]!.GetValue<string>().ShouldBe(reason);
        response.Headers.GetValues("X-RateLimit-Remaining").ShouldBe(["100"]);
    }

    private Task<PutOutcome> StoreAsync(string tenant, string title, string text) => _host.Services.GetRequiredService<DocumentTable>()
        .PutAsync(tenant, Document.Of($"https://docs.example/{title}#top", title, text, _host.Time.GetUtcNow()), Cancel);

    private async Task<JsonObject> GetAsync(string path) =>
        (await _client.GetFromJsonAsync<JsonObject>(path, Cancel))!;

    private async Task<HttpResponseMessage> GetAsync(string path, string ifNoneMatch)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch);
        return await _client.SendAsync(request, Cancel);
    }

    private async Task<JsonObject> AskAsync(object question)
    {
        var response = await _client.PostAsJsonAsync(Synthesize, question, Cancel);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return (await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!;
    }

    private static List<string> Titles(JsonObject answer) =>
        [.. answer["results"]!.AsArray().Select(result => result!["title"]!.GetValue<string>())];
}
