using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents.Knowledge;

public sealed class SynthesizeTests : IAsyncLifetime
{
    private KnowledgeWorld _world = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _world = await KnowledgeWorld.StartAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task An_answer_is_made_of_the_sentences_that_answer_and_names_their_sources()
    {
        await _world.StoreAsync("bursts", "Limits are hourly. A burst lasts at most ten seconds. Days always hold.");
        await _world.StoreAsync("limits", "A limit is for a window. No burst lasts longer than ten seconds, whatever the plan is.");
        await _world.StoreAsync("colours", "Red is a colour.");

        var answer = await _world.AnswerAsync(new { question = "How long does a burst last?" });

        answer["kind"]!.GetValue<string>().ShouldBe("extractive");
        answer["answer"]!.GetValue<string>().ShouldBe(
            "A burst lasts at most ten seconds. [1] No burst lasts longer than ten seconds, whatever the plan is. [2]");
        answer["sources"]!.AsArray().Select(source => (source!["number"]!.GetValue<int>(), source["title"]!.GetValue<string>(), source["url"]!.GetValue<string>()))
            .ShouldBe([(1, "bursts", "https://docs.example/bursts"), (2, "limits", "https://docs.example/limits")]);
        answer["credits"]!.GetValue<int>().ShouldBe(2);
        answer.ContainsKey("tokens").ShouldBeFalse();
    }

    [Fact]
    public async Task Sentences_that_stand_side_by_side_are_joined_and_what_is_said_twice_is_said_once()
    {
        await _world.StoreAsync("one", "A refund is paid within five days. A refund to a card takes seven days. The office is closed on Sundays.");
        await _world.StoreAsync("two", "A refund is paid within five days.");

        var answer = await _world.AnswerAsync(new { question = "How long until a refund is paid?" });

        answer["sources"]!.AsArray().ShouldHaveSingleItem();
        answer["answer"]!.GetValue<string>().Split("A refund is paid within five days.").Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_menu_answers_nothing()
    {
        const string Menu = "Home\nPrices\nHow Refunds Work | Refund Policy | Take Refund | How Long\nRefunds Take Long Time Policy\n";
        await _world.StoreAsync("Refunds", Menu + "A refund takes five working days.\nRefund policy\n");
        await _world.StoreAsync("Prices", Menu + "A pod costs 9 euros.\n");
        await _world.StoreAsync("About", Menu + "We are in Bergen.\n");

        var answer = await _world.AnswerAsync(new { question = "How long does a refund take?" });

        answer["answer"]!.GetValue<string>().ShouldBe("A refund takes five working days. [1]");
    }

    [Fact]
    public async Task The_sentence_below_a_question_answers_it()
    {
        await _world.StoreAsync("FAQ", "How long do refunds take?\nFive working days, counted from the day on which the parcel arrives.\nMay I smoke?\nNo.");
        await _world.StoreAsync("colours", "Red is a colour.");

        (await _world.AnswerAsync(new { question = "How long do refunds take?" }))["answer"]!.GetValue<string>()
            .ShouldBe("Five working days, counted from the day on which the parcel arrives. [1]");
    }

    [Fact]
    public async Task A_question_in_a_language_without_spaces_is_answered()
    {
        await _world.StoreAsync("中文", "我们在卑尔根。退款需要五个工作日。邮费为六欧元。");
        await _world.StoreAsync("配送", "配送需要三天。");

        (await _world.AnswerAsync(new { question = "退款需要多长时间？" }))["answer"]!.GetValue<string>().ShouldStartWith("退款需要五个工作日。 [1]");
    }

    [Fact]
    public async Task No_more_sources_are_drawn_on_than_asked_for()
    {
        await _world.StoreAsync("one", "A burst is short.");
        await _world.StoreAsync("two", "Every burst opens once.");

        (await _world.AnswerAsync(new { question = "burst?", maxSources = 1 }))["sources"]!.AsArray().Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Red is a colour.")]
    [InlineData("Red is a colour, and what is asked comes from France.")]
    public async Task Where_nothing_answers_it_says_so_at_no_credit(string? text)
    {
        if (text is not null)
            await _world.StoreAsync("colours", text);

        var answer = await _world.AnswerAsync(new { question = "Who is the president of the republic of Ruritania?" });

        answer["kind"]!.GetValue<string>().ShouldBe("nothing-found");
        answer["answer"]!.GetValue<string>().ShouldBe("Nothing in the stored documents answers this.");
        answer["sources"]!.AsArray().ShouldBeEmpty();
        answer["credits"]!.GetValue<int>().ShouldBe(0);
    }

    [Fact]
    public async Task Another_tenants_documents_answer_nothing()
    {
        await _world.StoreAsync("secrets", "A burst is a secret.", tenant: "other");

        (await _world.AnswerAsync(new { question = "What is a burst?" }))["kind"]!.GetValue<string>().ShouldBe("nothing-found");
    }

    [Fact]
    public async Task Credits_are_metered_in_usage()
    {
        await _world.StoreAsync("bursts", "A burst is short.");
        await _world.AnswerAsync(new { question = "burst?" });
        await _world.AnswerAsync(new { question = "lease?" });

        var usage = await _world.GetAsync("/api/v1/usage");

        var line = usage["totals"]!.AsArray().ShouldHaveSingleItem()!;
        line["endpoint"]!.GetValue<string>().ShouldBe("synthesize");
        line["permits"]!.GetValue<long>().ShouldBe(2);
        line["credits"]!.GetValue<long>().ShouldBe(1);
    }

    [Fact]
    public async Task A_plan_limits_the_credits_that_answers_may_cost()
    {
        await _world.ApplyAsync("""{"name":"credits-per-month","algorithm":"fixed-window","window":"30d","counts":"credits","only":["synthesize"]}""", limit: 8);
        await _world.StoreAsync("bursts", "A burst is short.");

        using var first = await _world.AskAsync(new { question = "burst?", maxSources = 5 });
        using var nothing = await _world.AskAsync(new { question = "unicorns?", maxSources = 7 });
        using var second = await _world.AskAsync(new { question = "burst?", maxSources = 8 });
        using var third = await _world.AskAsync(new { question = "burst?", maxSources = 7 });
        using var tooMuch = await _world.AskAsync(new { question = "burst?", maxSources = 9 });

        first.StatusCode.ShouldBe(HttpStatusCode.OK);
        first.Headers.GetValues("X-RateLimit-Remaining").ShouldBe(["7"]);
        nothing.StatusCode.ShouldBe(HttpStatusCode.OK);
        nothing.Headers.GetValues("X-RateLimit-Remaining").ShouldBe(["7"]);
        first.Headers.GetValues("RateLimit").Single().ShouldContain("\"synthesize-per-hour\";r=99;");
        third.Headers.GetValues("RateLimit").Single().ShouldContain("\"synthesize-per-hour\";r=97;");
        first.Headers.GetValues("RateLimit-Policy").Single().ShouldEndWith(", \"credits-per-month\";q=8;w=2592000;qu=\"credits\"");
        second.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        second.Headers.GetValues("X-RateLimit-Limit").ShouldBe(["8"]);
        third.StatusCode.ShouldBe(HttpStatusCode.OK);
        third.Headers.GetValues("X-RateLimit-Remaining").ShouldBe(["6"]);
        tooMuch.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await _world.TitlesAsync("burst")).ShouldBe(["bursts"]);
    }

    [Fact]
    public async Task An_answer_is_streamed_where_the_client_asks_for_it()
    {
        await _world.StoreAsync("bursts", "A burst is short.");

        using var response = await _world.AskAsync(new { question = "burst?" }, "text/event-stream");

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        var events = (await response.Content.ReadAsStringAsync(Cancel)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        events[0].ShouldBe("event: delta\ndata: {\"text\":\"A burst is short. [1]\"}");
        events[1].ShouldStartWith("event: answer\ndata: {\"question\":\"burst?\",\"kind\":\"extractive\",");
        events.Length.ShouldBe(2);
    }

    [Theory]
    [InlineData("{}", "'question' is missing.")]
    [InlineData("""{"question":""}""", "'question' must be a string of 1 to 2000 characters.")]
    [InlineData("""{"question":"?!"}""", "'question' has no word to look for.")]
    [InlineData("""{"question":"why","maxSources":11}""", "'maxSources' must be a whole number from 1 to 10.")]
    public async Task An_invalid_question_is_refused_and_uses_nothing(string body, string reason)
    {
        var response = await _world.Client.PostAsync(KnowledgeWorld.Synthesize, new StringContent(body, null, "application/json"), Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!["message"]!.GetValue<string>().ShouldBe(reason);
        response.Headers.GetValues("X-RateLimit-Remaining").ShouldBe(["100"]);
    }
}
