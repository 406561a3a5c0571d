using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FunctionsApi.Agents.Analytics;
using FunctionsApi.Storage;
using FunctionsApi.Tests.Usage;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents;

public sealed class AnalyticsTests : AgentsTests
{
    private const string Events = "/api/v1/analytics/events";
    private const string Summary = "/api/v1/analytics/summary";

    private readonly FailingTableStore _store = new(new InMemoryTableStore());
    private protected override Task<TestHost> StartAsync() => TestHost.StartAsync(store: _store);

    [Theory]
    [InlineData("""{"type":"view"}""", 1)]
    [InlineData("""[{"type":"view"},{"type":"view"}]""", 2)]
    [InlineData("""{"events":[{"type":"view"},{"type":"view"},{"type":"view"}]}""", 3)]
    [InlineData("""{"type":"view","id":"e1","timestamp":"2026-02-27T09:00:00Z","properties":{"path":"/"},"session":7}""", 1)]
    [InlineData("""{"type":"view","id":null,"timestamp":null,"properties":null}""", 1)]
    [InlineData("""[{"type":"view"},{"type":"view","timestamp":"2026-02-27T09:00:00.123456789Z"},{"type":"view","timestamp":"2026-02-27t09:00:00z"}]""", 3)]
    public async Task Events_are_stored_before_they_are_acknowledged(string body, int accepted)
    {
        var response = await PostAsync(body);

        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await response.Content.ReadAsStringAsync(Cancel)).ShouldBe($$"""{"accepted":{{accepted}},"duplicates":0,"rejected":0}""");
        (await TotalAsync()).ShouldBe(accepted);
    }

    [Fact]
    public async Task A_thousand_events_are_one_permit()
    {
        var response = await Client.PostAsJsonAsync(
            Events, Enumerable.Range(0, 1000).Select(number => new { type = "view", id = $"e{number}" }), Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        response.Headers.GetValues("RateLimit").Single().ShouldContain("\"events-per-hour\";r=9999;");
        (await TotalAsync()).ShouldBe(1000);
    }

    [Fact]
    public async Task An_event_that_is_sent_again_is_acknowledged_and_not_stored_twice()
    {
        await PostAsync("""[{"type":"view","id":"e1"},{"type":"view","id":"e2"},{"type":"view","id":"e1"}]""");
        Host.Time.Advance(TimeSpan.FromMinutes(1));

        var again = await PostAsync("""[{"type":"view","id":"e2"},{"type":"view","id":"e3"},{"type":"view"}]""");

        (await again.Content.ReadAsStringAsync(Cancel)).ShouldBe("""{"accepted":2,"duplicates":1,"rejected":0}""");
        (await TotalAsync()).ShouldBe(4);
    }

    [Fact]
    public async Task An_id_is_its_tenants_own()
    {
        using var other = await Host.ClientAsync("other", "eve", agents: "free");
        await PostAsync("""{"type":"view","id":"e1"}""");

        await other.PostAsJsonAsync(Events, new { type = "view", id = "e1" }, Cancel);

        (await TotalAsync(other)).ShouldBe(1);
        (await TotalAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task Senders_of_the_same_events_at_once_store_each_once()
    {
        var events = Enumerable.Range(0, 200).Select(number => new { type = "view", id = $"e{number}" }).ToList();

        var responses = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Client.PostAsJsonAsync(Events, events, Cancel)));

        responses.ShouldAllBe(response => response.StatusCode == HttpStatusCode.Accepted);
        (await TotalAsync()).ShouldBe(200);
    }

    [Fact]
    public async Task Every_event_is_judged_by_itself()
    {
        var response = await PostAsync(
            """
            [{"type":"view"},{"type":7},{},5,{"type":"view","id":""},{"type":"view","timestamp":"soon"},
             {"type":"view","timestamp":"2026-02-27T09:36:00Z"},{"type":"view","timestamp":"2026-01-28T09:29:59Z"},
             {"type":"view","properties":[]},{"type":"\ud800"},{"type":"view","page":7},{"\ud800":1},{"type":"view"}]
            """);

        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var answer = (await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!;
        (answer["accepted"]!.GetValue<int>(), answer["rejected"]!.GetValue<int>()).ShouldBe((2, 11));
        answer["errors"]!.AsArray().Select(error => (error!["index"]!.GetValue<int>(), error["reason"]!.GetValue<string>())).ShouldBe(
        [
            (1, "'type' must be a string of 1 to 128 characters"),
            (2, "'type' must be a string of 1 to 128 characters"),
            (3, "it must be an object"),
            (4, "'id' must be a string of 1 to 128 characters"),
            (5, "'timestamp' must be an RFC 3339 time"),
            (6, "'timestamp' is more than 5 minutes ahead"),
            (7, "'timestamp' is more than 30 days ago"),
            (8, "'properties' must be an object"),
            (9, "'type' must be a string of 1 to 128 characters"),
            (10, "'page' must be a string of 1 to 512 characters"),
            (11, "a member's name holds half of a surrogate pair"),
        ]);
        (await TotalAsync()).ShouldBe(2);
    }

    [Fact]
    public async Task Where_no_event_is_valid_the_request_uses_nothing()
    {
        var response = await PostAsync("""[{"type":7},5]""");

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        response.Headers.GetValues("RateLimit").Single().ShouldContain("\"events-per-hour\";r=10000;");
        var error = (await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!;
        error["error"]!.GetValue<string>().ShouldBe("invalid_events");
        error["message"]!.GetValue<string>().ShouldBe(
            "None of the 2 events is valid: event 0: 'type' must be a string of 1 to 128 characters; event 1: it must be an object.");
    }

    [Fact]
    public async Task No_more_than_a_hundred_errors_are_told()
    {
        var response = await PostAsync($"[{{\"type\":\"view\"}},{string.Join(',', Enumerable.Repeat("5", 150))}]");

        var answer = (await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!;
        answer["rejected"]!.GetValue<int>().ShouldBe(150);
        answer["errors"]!.AsArray().Count.ShouldBe(100);
    }

    [Theory]
    [InlineData("2026-02-27T09:35:00Z")]
    [InlineData("2026-01-28T09:30:00Z")]
    public async Task A_timestamp_may_be_5_minutes_ahead_and_30_days_old(string timestamp)
    {
        (await PostAsync($$"""{"type":"view","timestamp":"{{timestamp}}"}""")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Theory]
    [InlineData("[]", "A request holds 1 to 1000 events, not 0.")]
    [InlineData("""{"events":[]}""", "A request holds 1 to 1000 events, not 0.")]
    [InlineData("""{"events":{}}""", "'events' must be an array.")]
    [InlineData("7", "The body must be an event, an array of events, or an object with 'events'.")]
    public async Task What_is_no_list_of_events_is_refused(string body, string reason)
    {
        var response = await PostAsync(body);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!["message"]!.GetValue<string>().ShouldBe(reason);
    }

    [Fact]
    public async Task More_than_a_thousand_events_are_refused()
    {
        var response = await Client.PostAsJsonAsync(Events, Enumerable.Repeat(new { type = "view" }, 1001), Cancel);

        (await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!["message"]!.GetValue<string>()
            .ShouldBe("A request holds 1 to 1000 events, not 1001.");
    }

    [Fact]
    public async Task An_event_that_is_too_long_is_refused()
    {
        var response = await Client.PostAsJsonAsync(
            Events, new { type = "view", properties = new { text = new string('x', EventParser.MaxEventBytes) } }, Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Events_that_cannot_be_stored_are_not_acknowledged()
    {
        await PostAsync("""{"type":"view"}""");
        _store.Fails = true;

        var response = await Host.WhileTimePassesAsync(PostAsync("""{"type":"view"}"""));

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        _store.Fails = false;
        (await Host.WhileTimePassesAsync(TotalAsync())).ShouldBe(1);
    }

    [Fact]
    public async Task A_summary_counts_by_type_and_by_hour()
    {
        await PostAsync(
            """
            [{"type":"view","timestamp":"2026-02-27T08:00:00Z"},{"type":"view","timestamp":"2026-02-27T08:59:59.999Z"},
             {"type":"click","timestamp":"2026-02-27T10:30:00+01:00"},{"type":"old","timestamp":"2026-02-26T07:59:59Z"}]
            """);

        var summary = await Client.GetStringAsync($"{Summary}?from=2026-02-27", Cancel);

        summary.ShouldBe(
            """
            {"by":"hour","from":"2026-02-27T00:00:00Z","to":"2026-02-27T10:00:00Z","total":3,"byType":{"click":1,"view":2},
            "byTime":[{"time":"2026-02-27T08:00:00Z","total":2,"byType":{"view":2}},
            {"time":"2026-02-27T09:00:00Z","total":1,"byType":{"click":1}}]}
            """.ReplaceLineEndings(""));
    }

    [Theory]
    [InlineData("2026-02-27T09:30:00+02:00")]
    [InlineData("2026-02-27T09:30:00%2B02:00")]
    public async Task A_plus_sign_in_a_query_is_that_of_an_offset(string from)
    {
        var summary = (await Client.GetFromJsonAsync<JsonObject>($"{Summary}?from={from}&to=2026-02-27T10:59:00+01:00", Cancel))!;

        summary["from"]!.GetValue<string>().ShouldBe("2026-02-27T07:00:00Z");
        summary["to"]!.GetValue<string>().ShouldBe("2026-02-27T10:00:00Z");
    }

    [Fact]
    public async Task A_summary_by_day_adds_up_the_days()
    {
        await PostAsync(
            """[{"type":"view","timestamp":"2026-02-26T01:00Z"},{"type":"view","timestamp":"2026-02-26T23:00Z"},{"type":"view"}]""");

        var summary = (await Client.GetFromJsonAsync<JsonObject>($"{Summary}?by=day", Cancel))!;

        summary["byTime"]!.AsArray().Select(day => (day!["time"]!.GetValue<string>(), day["total"]!.GetValue<int>()))
            .ShouldBe([("2026-02-26T00:00:00Z", 2), ("2026-02-27T00:00:00Z", 1)]);
    }

    [Fact]
    public async Task A_summary_by_type_leaves_out_when()
    {
        await PostAsync("""[{"type":"view"},{"type":"click"},{"type":"view","timestamp":"2026-02-20"}]""");

        (await Client.GetStringAsync($"{Summary}?by=type&from=2026-02-20", Cancel)).ShouldBe(
            """{"by":"type","from":"2026-02-20T00:00:00Z","to":"2026-02-28T00:00:00Z","total":3,"byType":{"click":1,"view":2}}""");
    }

    [Fact]
    public async Task A_summary_by_page_tells_the_busiest_first()
    {
        await PostAsync(
            """
            [{"type":"view","page":"/a"},{"type":"view","page":"/b"},{"type":"click","properties":{"path":"/b"}},
             {"type":"view","page":"/c","properties":{"page":"/d"}},{"type":"view","properties":{"path":7}},{"type":"beat"}]
            """);

        (await Client.GetStringAsync($"{Summary}?by=page&from=2026-02-27", Cancel)).ShouldBe(
            """
            {"by":"page","from":"2026-02-27T00:00:00Z","to":"2026-02-28T00:00:00Z","total":6,
            "byPage":[{"page":"/b","total":2},{"page":"/a","total":1},{"page":"/c","total":1}],"withoutPage":2}
            """.ReplaceLineEndings(""));
    }

    [Theory]
    [InlineData("by=minute", "'by' is 'hour', 'day', 'type' or 'page'.")]
    [InlineData("form=2026-02-27", "'form' is no parameter here: there are 'by', 'from' and 'to'.")]
    [InlineData("by=day&by=hour", "'by' is given more than once.")]
    public async Task A_parameter_that_nothing_reads_is_refused(string query, string reason)
    {
        var response = await Client.GetAsync($"{Summary}?{query}", Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!["message"]!.GetValue<string>().ShouldBe(reason);
    }

    [Fact]
    public async Task A_summary_that_the_client_has_is_a_304_and_counts_as_a_request()
    {
        var first = await Client.GetAsync(Summary, Cancel);
        Host.Time.Advance(TimeSpan.FromMinutes(10));
        using var request = new HttpRequestMessage(HttpMethod.Get, Summary);
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);

        var second = await Client.SendAsync(request, Cancel);

        second.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        second.Headers.CacheControl!.ToString().ShouldBe("max-age=300, private");
        second.Headers.GetValues("X-RateLimit-Remaining").ShouldBe(["998"]);
    }

    [Fact]
    public async Task An_impossible_summary_is_refused_and_uses_nothing()
    {
        var response = await Client.GetAsync($"{Summary}?from=2020-01-01", Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        response.Headers.GetValues("X-RateLimit-Remaining").ShouldBe(["1000"]);
    }

    private Task<HttpResponseMessage> PostAsync(string body) =>
        Client.PostAsync(Events, new StringContent(body, null, "application/json"), Cancel);

    private async Task<int> TotalAsync(HttpClient? client = null) =>
        (await (client ?? Client).GetFromJsonAsync<JsonObject>(Summary, Cancel))!["total"]!.GetValue<int>();
}
