using System.Net.Sockets;
using Azure.Core;
using FunctionsApi.Storage.Azure;
using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Azure;

/// <summary>What is repeated, and what must not be.</summary>
public sealed class RetryTests
{
    private const string ETag = "W/\"datetime'1'\"";

    private static readonly TableKey Key = new("p", "r");
    private static readonly HttpRequestException Refused =
        new(HttpRequestError.ConnectionError, "Connection refused", new SocketException((int)SocketError.ConnectionRefused));
    private static readonly HttpRequestException BrokenOff =
        new(HttpRequestError.ResponseEnded, "The response ended prematurely.");

    // In no order that matters: conditions that a write may have.
    public static TheoryData<bool> Conditions => [true, false];

    private static PutCondition Condition(bool absent) => absent ? PutCondition.IfAbsent : PutCondition.IfMatch(ETag);

    [Fact]
    public async Task A_read_is_repeated_whatever_happened()
    {
        var script = new Script(
            Script.Error(500, "InternalError"), Script.Fail(BrokenOff), Script.Foreign(502, "<html>"), Script.Error(404, "ResourceNotFound"));

        (await Read(script)).ShouldBeNull();

        script.Asked.Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_write_without_a_condition_is_repeated_whatever_happened()
    {
        var script = new Script(Script.Error(500, "OperationTimedOut"), Script.Fail(BrokenOff), Script.Written(ETag));

        (await Put(script, PutCondition.None)).ShouldBe(ETag);

        script.Asked.Select(asked => asked.Body).ShouldBe(Enumerable.Repeat(script.Asked[0].Body, 3));
    }

    [Theory]
    [MemberData(nameof(Conditions))]
    public async Task A_conditional_write_is_repeated_where_nothing_happened(bool absent)
    {
        var script = new Script(Script.Error(503, "ServerBusy"), Script.Error(429, "TooManyRequests"), Script.Fail(Refused), Script.Written(ETag));

        (await Put(script, Condition(absent))).ShouldBe(ETag);

        script.Asked.Count.ShouldBe(4);
    }

    public static TheoryData<string, bool> Ambiguous()
    {
        var data = new TheoryData<string, bool>();
        foreach (var end in Ends.Keys)
        {
            data.Add(end, true);
            data.Add(end, false);
        }

        return data;
    }

    private static readonly Dictionary<string, Func<CancellationToken, Task<HttpResponseMessage>>> Ends = new()
    {
        ["internal error"] = Script.Error(500, "InternalError"),
        ["timed out there"] = Script.Error(500, "OperationTimedOut"),
        ["a gateway's 503"] = Script.Foreign(503, "<html>"),
        ["a gateway's 504"] = Script.Foreign(504),
        ["broken off"] = Script.Fail(BrokenOff),
        ["no answer"] = Script.Silence,
    };

    [Theory]
    [MemberData(nameof(Ambiguous))]
    public async Task A_conditional_write_that_may_have_happened_is_not_repeated_but_an_error(string end, bool absent)
    {
        var script = new Script(Ends[end]);

        await Should.ThrowAsync<TableStoreException>(() => Put(script, Condition(absent), new() { Timeout = TimeSpan.FromMilliseconds(50) }));

        script.Asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_batch_is_repeated_only_where_none_of_its_rows_has_a_condition()
    {
        TablePut[] unconditional = [Row("a", PutCondition.None), Row("b", PutCondition.None)];
        TablePut[] conditional = [Row("a", PutCondition.None), Row("b", PutCondition.IfAbsent)];
        const string part = $"--changesetresponse_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nHTTP/1.1 204 No Content\r\nETag: {ETag}\r\n\r\n\r\n";
        const string body = "--batchresponse_1\r\nContent-Type: multipart/mixed; boundary=changesetresponse_1\r\n\r\n"
            + $"{part}{part}--changesetresponse_1--\r\n--batchresponse_1--\r\n";
        var answer = Script.Answer(202, body, "multipart/mixed; boundary=batchresponse_1");

        var repeated = new Script(Script.Error(500, "InternalError"), answer);
        (await Batch(repeated, unconditional)).ShouldBe([ETag, ETag]);

        var notRepeated = new Script(Script.Error(500, "InternalError"), answer);
        await Should.ThrowAsync<TableStoreException>(() => Batch(notRepeated, conditional));
        notRepeated.Asked.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(null, 3)]
    [InlineData(ETag, 1)]
    public async Task A_delete_is_repeated_like_a_write(string? ifMatch, int attempts)
    {
        var script = new Script([.. Enumerable.Repeat(Script.Error(500, "InternalError"), 2), Script.Error(404, "ResourceNotFound")]);
        await using var store = script.Store();

        var delete = () => store.DeleteAsync("Quotas", Key, ifMatch, Cancellation);

        if (attempts == 1)
            await Should.ThrowAsync<TableStoreException>(delete);
        else
            (await delete()).ShouldBeTrue();
        script.Asked.Count.ShouldBe(attempts);
    }

    [Theory]
    [InlineData(503, "ServerBusy")]
    [InlineData(429, "TooManyRequests")]
    [InlineData(500, "OperationTimedOut")]
    public async Task To_be_asked_for_less_is_an_error_of_its_own(int status, string code)
    {
        var script = new Script([.. Enumerable.Repeat(Script.Error(status, code), 4)]);

        var problem = await Should.ThrowAsync<TableStoreThrottledException>(() => Read(script));

        script.Asked.Count.ShouldBe(4);
        problem.Message.ShouldStartWith("The Azure Table Storage at https://acme.table.core.windows.net is asked to do more than it can.");
        problem.MayPass.ShouldBeTrue();
        problem.RetryAfter.ShouldBeNull();
    }

    [Theory]
    [InlineData("Retry-After", "7", 7_000)]
    [InlineData("x-ms-retry-after-ms", "1500", 1_500)]
    public async Task A_pause_longer_than_callers_have_is_told_to_them(string header, string value, int milliseconds)
    {
        var script = new Script(Script.Error(503, "ServerBusy", (header, value)));

        var problem = await Should.ThrowAsync<TableStoreThrottledException>(() => Read(script));

        problem.RetryAfter.ShouldBe(TimeSpan.FromMilliseconds(milliseconds));
    }

    [Fact]
    public async Task A_short_pause_is_made()
    {
        var script = new Script(Script.Error(503, "ServerBusy", ("x-ms-retry-after-ms", "30")), Script.Error(404, "ResourceNotFound"));
        var began = TimeProvider.System.GetTimestamp();

        await Read(script);

        // Timers may go off a little early.
        TimeProvider.System.GetElapsedTime(began).ShouldBeGreaterThan(TimeSpan.FromMilliseconds(20));
    }

    [Fact]
    public async Task A_store_that_fails_is_asked_little_more_often_than_without_retries()
    {
        const int requests = 1_000;
        var script = new Script([.. Enumerable.Repeat(Script.Error(503, "ServerBusy"), 2 * requests)]);
        await using var store = script.Store();

        for (var i = 0; i < requests; i++)
            await Should.ThrowAsync<TableStoreThrottledException>(() => store.GetAsync("Quotas", Key, Cancellation));

        script.Asked.Count.ShouldBeInRange(requests + (requests / 5), requests + (requests / 5) + 20);
    }

    [Fact]
    public async Task An_answer_that_does_not_come_in_time_is_not_waited_for()
    {
        var script = new Script([.. Enumerable.Repeat(Script.Silence, 4)]);

        var problem = await Should.ThrowAsync<TableStoreException>(() => Read(script, new() { Timeout = TimeSpan.FromMilliseconds(20), Delay = NoDelay() }));

        problem.Message.ShouldContain("did not answer within 0.02 s");
        problem.MayPass.ShouldBeTrue();
        script.Asked.Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_caller_that_gives_up_gets_no_other_attempt()
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var script = new Script(async cancellationToken =>
        {
            await giveUp.CancelAsync();
            return await Script.Silence(cancellationToken);
        });
        await using var store = script.Store();

        await Should.ThrowAsync<OperationCanceledException>(() => store.GetAsync("Quotas", Key, giveUp.Token));

        script.Asked.Count.ShouldBe(1);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static DelayStrategy NoDelay() => DelayStrategy.CreateFixedDelayStrategy(TimeSpan.Zero);

    private static TablePut Row(string row, PutCondition condition) =>
        new(new("p", row), new Dictionary<string, object> { ["v"] = 1L }, condition);

    private static async Task<TableRow?> Read(Script script, AccountOptions? options = null)
    {
        await using var store = script.Store(options: options);
        return await store.GetAsync("Quotas", Key, Cancellation);
    }

    private static async Task<string?> Put(Script script, PutCondition condition, AccountOptions? options = null)
    {
        await using var store = script.Store(options: options);
        return await store.PutAsync("Quotas", Row("r", condition), Cancellation);
    }

    private static async Task<IReadOnlyList<string>?> Batch(Script script, TablePut[] puts)
    {
        await using var store = script.Store();
        return await store.BatchAsync("Quotas", puts, Cancellation);
    }
}
