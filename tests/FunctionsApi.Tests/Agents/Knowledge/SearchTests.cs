using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents.Knowledge;

public sealed class SearchTests : IAsyncLifetime
{
    private const string Search = KnowledgeWorld.Search;

    private KnowledgeWorld _world = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _world = await KnowledgeWorld.StartAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Documents_are_found_best_match_first()
    {
        await _world.StoreAsync("windows", "A window is an hour. A window is aligned.");
        await _world.StoreAsync("leases", "A lease is spent within a window.");
        await _world.StoreAsync("bursts", "A burst opens once an hour.");

        var answer = await _world.SearchAsync("window");

        answer["query"]!.GetValue<string>().ShouldBe("window");
        answer["total"]!.GetValue<int>().ShouldBe(2);
        KnowledgeWorld.Titles(answer).ShouldBe(["windows", "leases"]);
        var first = answer["results"]![0]!;
        first["url"]!.GetValue<string>().ShouldBe("https://docs.example/windows");
        first["snippet"]!.GetValue<string>().ShouldBe("A window is an hour. A window is aligned.");
        first["highlights"]!.ToJsonString().ShouldBe("""[{"start":2,"length":6},{"start":23,"length":6}]""");
        first["fetchedAt"]!.GetValue<string>().ShouldBe("2026-02-27T09:30:00Z");
        first["score"]!.GetValue<double>().ShouldBeGreaterThan(answer["results"]![1]!["score"]!.GetValue<double>());
        answer.ContainsKey("next").ShouldBeFalse();
    }

    [Theory]
    [InlineData("refunds", "refunding")]
    [InlineData("REFUND", "refunding")]
    [InlineData("cafe", "café")]
    [InlineData("what's refunded?", "refunding")]
    [InlineData("e-mail", "mail")]
    public async Task A_word_is_found_in_other_forms(string query, string title)
    {
        await _world.StoreAsync("refunding", "Refunding takes a day.");
        await _world.StoreAsync("café", "The Café is open.");
        await _world.StoreAsync("mail", "Write an e-mail.");
        await _world.StoreAsync("post", "Mail is sent by post; E is a letter.");

        (await _world.TitlesAsync(query)).ShouldBe([title]);
    }

    [Fact]
    public async Task A_match_in_a_short_document_or_in_a_title_goes_first()
    {
        await _world.StoreAsync("long", "A quota is a share. " + string.Join(' ', Enumerable.Repeat("Other words follow here.", 50)));
        await _world.StoreAsync("short", "A quota is a share.");
        await _world.StoreAsync("Quota", "What it is: a share. " + string.Join(' ', Enumerable.Repeat("Other words follow here.", 50)));
        for (var i = 0; i < 5; i++)
            await _world.StoreAsync($"other{i}", "Something else.");

        (await _world.TitlesAsync("quota")).ShouldBe(["Quota", "short", "long"]);
    }

    [Fact]
    public async Task Results_are_paged_by_a_cursor()
    {
        for (var i = 0; i < 25; i++)
            await _world.StoreAsync($"page{i}", "The same word.");

        List<string> titles = [];
        var more = "&limit=7";
        for (var pages = 0; pages < 4; pages++)
        {
            var answer = await _world.SearchAsync("word", more);
            answer["total"]!.GetValue<int>().ShouldBe(25);
            titles.AddRange(KnowledgeWorld.Titles(answer));
            more = answer["next"] is { } next ? $"&limit=7&cursor={next}" : "";
        }

        more.ShouldBe("");
        titles.Distinct().Count().ShouldBe(25);
        titles.Count.ShouldBe(25);
        (await _world.TitlesAsync("word")).Count.ShouldBe(10);
    }

    [Fact]
    public async Task A_cursor_of_another_search_or_tenant_or_of_nobody_is_refused()
    {
        await _world.StoreAsync("one", "The same word.");
        await _world.StoreAsync("two", "The same word.");
        await _world.StoreAsync("one", "The same word.", tenant: "other");
        await _world.StoreAsync("two", "The same word.", tenant: "other");
        var cursor = (await _world.SearchAsync("word", "&limit=1"))["next"]!.GetValue<string>();
        using var other = await _world.Host.ClientAsync("other", "bob", agents: "free");

        (await _world.Client.GetAsync($"{Search}?q=word&limit=1&cursor={cursor}", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var (client, query) in new[]
        {
            (_world.Client, $"?q=same&cursor={cursor}"), (other, $"?q=word&cursor={cursor}"),
            (_world.Client, "?q=word&cursor=x"), (_world.Client, "?q=word&cursor="), (_world.Client, "?q=word&cursor=AAAAAQAAAAAAAAAA"),
        })
        {
            using var response = await client.GetAsync($"{Search}{query}", Cancel);
            response.StatusCode.ShouldBe(HttpStatusCode.BadRequest, query);
        }
    }

    [Theory]
    [InlineData("退款")]
    [InlineData("款")]
    [InlineData("退款流程")]
    [InlineData("退款流程需要多长时间？")]
    [InlineData("iPhone")]
    public async Task A_language_without_spaces_is_searched(string query)
    {
        await _world.StoreAsync("中文", "退款流程需要五个工作日。iPhone用户也一样。");
        await _world.StoreAsync("日本語", "配送は三日かかります。");
        await _world.StoreAsync("ไทย", "การจัดส่งใช้เวลาสามวัน");

        var answer = await _world.SearchAsync(query);

        KnowledgeWorld.Titles(answer).ShouldBe(["中文"]);
        var result = answer["results"]![0]!;
        result["snippet"]!.GetValue<string>().ShouldBe("退款流程需要五个工作日。iPhone用户也一样。");
        var first = result["highlights"]![0]!;
        result["snippet"]!.GetValue<string>().Substring(first["start"]!.GetValue<int>(), Math.Min(query.Length, first["length"]!.GetValue<int>()))
            .ShouldBeOneOf(query, "退款流程需要", "退款流程");
    }

    [Theory]
    [InlineData("จัดส่ง", "ไทย")]
    [InlineData("環境", "日本語")]
    [InlineData("환불", "한국어")]
    public async Task The_end_of_a_text_and_a_part_of_a_word_are_found(string query, string title)
    {
        await _world.StoreAsync("日本語", "守るべきは環境");
        await _world.StoreAsync("ไทย", "การจัดส่งใช้เวลาสามวัน");
        await _world.StoreAsync("한국어", "환불은 오일이 걸립니다.");

        (await _world.TitlesAsync(query)).ShouldBe([title]);
    }

    [Theory]
    [InlineData("\"window")]
    [InlineData("window\"")]
    [InlineData("window NEAR lease")]
    [InlineData("NEAR(window, 5)")]
    [InlineData("window*")]
    [InlineData("-window")]
    [InlineData("title:window")]
    [InlineData("{title text}: window")]
    [InlineData("^window")]
    [InlineData("window AND OR NOT")]
    [InlineData("(window")]
    [InlineData("window\0")]
    [InlineData("window); DROP TABLE texts; --")]
    [InlineData("window 😀 ' \\ %")]
    [InlineData("window \u0001 \u200B")]
    public async Task What_an_index_would_take_for_an_expression_is_text(string query)
    {
        await _world.StoreAsync("windows", "A window is an hour.");
        await _world.StoreAsync("colours", "Red is a colour.");

        (await _world.TitlesAsync(query)).ShouldBe(["windows"]);
    }

    [Fact]
    public async Task A_snippet_shows_the_match_within_a_long_text_and_holds_no_markup()
    {
        var around = string.Join(' ', Enumerable.Repeat("Words stand <b>before</b> & after.", 200));
        await _world.StoreAsync("long", $"{around}\n<mark>A \u0001burst\u0002 is short</mark>.\n{around}");

        var result = (await _world.SearchAsync("burst"))["results"]![0]!;

        var snippet = result["snippet"]!.GetValue<string>();
        snippet.ShouldContain("<mark>A  burst  is short</mark>.");
        snippet.ShouldStartWith("…");
        snippet.ShouldEndWith("…");
        snippet.Length.ShouldBeLessThan(400);
        var highlight = result["highlights"]!.AsArray().ShouldHaveSingleItem()!;
        snippet.Substring(highlight["start"]!.GetValue<int>(), highlight["length"]!.GetValue<int>()).ShouldBe("burst");
    }

    [Fact]
    public async Task A_document_whose_title_alone_matches_shows_its_beginning()
    {
        await _world.StoreAsync("Bursts", "They open once an hour.");

        var result = (await _world.SearchAsync("burst"))["results"]![0]!;

        result["snippet"]!.GetValue<string>().ShouldBe("They open once an hour.");
        result["highlights"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Another_tenants_documents_are_not_found()
    {
        await _world.StoreAsync("secrets", "A window on secrets.", tenant: "other");

        (await _world.SearchAsync("window"))["total"]!.GetValue<int>().ShouldBe(0);
    }

    [Fact]
    public async Task What_is_stored_changed_or_deleted_is_noticed_within_a_second()
    {
        await _world.StoreAsync("one", "A window.");
        await _world.StoreAsync("two", "A window.");
        (await _world.TitlesAsync("window")).Order().ShouldBe(["one", "two"]);

        await _world.StoreAsync("one", "A door.");
        await _world.RemoveAsync("two");
        await _world.StoreAsync("three", "A window.");
        _world.Wait();

        (await _world.TitlesAsync("window")).ShouldBe(["three"]);
        (await _world.TitlesAsync("door")).ShouldBe(["one"]);
    }

    [Fact]
    public async Task A_search_whose_answer_the_client_has_is_a_304_and_counts_as_a_request()
    {
        await _world.StoreAsync("windows", "A window is an hour.");
        var first = await _world.Client.GetAsync($"{Search}?q=window", Cancel);
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
        var first = await _world.Client.GetAsync($"{Search}?q=window", Cancel);

        var second = await GetAsync($"{Search}?q=window", known.Replace("{0}", first.Headers.ETag!.Tag));

        second.StatusCode.ShouldBe(status);
    }

    [Fact]
    public async Task A_search_that_has_a_new_answer_has_a_new_tag()
    {
        var before = await _world.Client.GetAsync($"{Search}?q=window", Cancel);
        await _world.StoreAsync("windows", "A window is an hour.");
        _world.Wait();

        var after = await GetAsync($"{Search}?q=window", before.Headers.ETag!.ToString());

        after.StatusCode.ShouldBe(HttpStatusCode.OK);
        after.Headers.ETag.ShouldNotBe(before.Headers.ETag);
    }

    [Theory]
    [InlineData("", "'q' is missing: give the words to search for.")]
    [InlineData("?q=%20", "'q' is missing: give the words to search for.")]
    [InlineData("?q=...", "'q' has no word to search for: give it at least one letter or digit.")]
    [InlineData("?q=a&q=b", "'q' is given more than once.")]
    [InlineData("?q={long}", "'q' is longer than 256 characters: shorten it.")]
    [InlineData("?q=a&limit=0", "'limit' must be a whole number from 1 to 50.")]
    [InlineData("?q=a&limit=51", "'limit' must be a whole number from 1 to 50.")]
    [InlineData("?q=a&limit=many", "'limit' must be a whole number from 1 to 50.")]
    public async Task An_invalid_search_is_refused_and_uses_nothing(string query, string reason)
    {
        var response = await _world.Client.GetAsync(Search + query.Replace("{long}", new('a', 257)), Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!["message"]!.GetValue<string>().ShouldBe(reason);
        response.Headers.GetValues("X-RateLimit-Remaining").ShouldBe(["1000"]);
        response.Headers.ETag.ShouldBeNull();
    }

    private async Task<HttpResponseMessage> GetAsync(string path, string ifNoneMatch)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch);
        return await _world.Client.SendAsync(request, Cancel);
    }
}
