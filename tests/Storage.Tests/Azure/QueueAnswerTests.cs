using System.Net.Sockets;
using FunctionsApi.Storage.Azure;
using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Azure;

/// <summary>What is sent to queues, what is made of their answers, and what is repeated.</summary>
public sealed class QueueAnswerTests(SharedAzurite shared)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly QueueMessage Message = new("id/1", "text", 1, "a+b=");
    private static readonly HttpRequestException BrokenOff = new(HttpRequestError.ResponseEnded, "The response ended prematurely.");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_queue_is_made_when_it_is_first_sent_to()
    {
        var script = new Script(Error(404, "QueueNotFound"), Script.Answer(201), Sent);
        using var queues = script.Queues();

        await queues.SendAsync("crawl-jobs", "a<b", Cancel);

        script.Asked.Select(asked => $"{asked.Method} {asked.Address}").ShouldBe(
            ["POST /crawl-jobs/messages?messagettl=-1", "PUT /crawl-jobs", "POST /crawl-jobs/messages?messagettl=-1"]);
        script.Asked[2].Body.ShouldBe("<QueueMessage><MessageText>YTxi</MessageText></QueueMessage>");
    }

    [Theory]
    [InlineData("aGVsbG8=", "hello")]
    [InlineData("{no base64}", "{no base64}")]
    [InlineData("/////w==", "/////w==")]
    public async Task A_message_that_somebody_else_has_sent_is_not_lost(string sent, string text)
    {
        var script = new Script(Script.Answer(200, $"""
            <?xml version="1.0" encoding="utf-8"?><QueueMessagesList><QueueMessage><MessageId>1</MessageId><InsertionTime>Fri, 27 Feb 2026 09:30:00 GMT</InsertionTime>
            <ExpirationTime>Fri, 31 Dec 9999 23:59:59 GMT</ExpirationTime><PopReceipt>r</PopReceipt><TimeNextVisible>Fri, 27 Feb 2026 09:31:00 GMT</TimeNextVisible>
            <DequeueCount>7</DequeueCount><MessageText>{sent}</MessageText></QueueMessage></QueueMessagesList>
            """, "application/xml"));
        using var queues = script.Queues();

        (await queues.ReceiveAsync("crawl-jobs", Minute, Cancel)).ShouldBe(new("1", text, 7, "r"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html/>")]
    [InlineData("<QueueMessagesList/>")]
    public async Task An_answer_of_somebody_else_is_not_believed(string body)
    {
        var script = new Script(Script.Foreign(200, body, "application/xml"));
        using var queues = script.Queues();

        (await Should.ThrowAsync<TableStoreException>(() => queues.ReceiveAsync("crawl-jobs", Minute, Cancel)))
            .Message.ShouldStartWith("The Azure Queue Storage at https://acme.queue.core.windows.net gave an answer (200) that is not its own.");
    }

    [Fact]
    public async Task Sending_receiving_and_deleting_are_repeated_whatever_happened()
    {
        var script = new Script(
            Error(500, "InternalError"), Sent,
            Script.Fail(BrokenOff), Script.Answer(200, "<QueueMessagesList/>", "application/xml"),
            Error(503, "ServerBusy"), Script.Answer(204));
        using var queues = script.Queues();

        await queues.SendAsync("crawl-jobs", "a", Cancel);
        (await queues.ReceiveAsync("crawl-jobs", Minute, Cancel)).ShouldBeNull();
        (await queues.DeleteAsync("crawl-jobs", Message, Cancel)).ShouldBeTrue();
    }

    [Fact]
    public async Task Hiding_is_repeated_only_where_nothing_happened()
    {
        var refused = new HttpRequestException(HttpRequestError.ConnectionError, "Refused", new SocketException((int)SocketError.ConnectionRefused));
        var script = new Script(
            Error(503, "ServerBusy"), Script.Fail(refused), Script.Answer(204, headers: ("x-ms-popreceipt", "next")), Script.Fail(BrokenOff));
        using var queues = script.Queues();

        (await queues.HideAsync("crawl-jobs", Message, Minute, Cancel)).ShouldBe(Message with { Receipt = "next" });
        await Should.ThrowAsync<TableStoreException>(() => queues.HideAsync("crawl-jobs", Message, Minute, Cancel));

        script.Asked.Count.ShouldBe(4);
        script.Asked[0].Address.ShouldBe("/crawl-jobs/messages/id%2F1?popreceipt=a%2Bb%3D&visibilitytimeout=60");
        script.Asked[0].Body.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(404, "MessageNotFound")]
    [InlineData(400, "PopReceiptMismatch")]
    public async Task A_message_that_somebody_else_has_is_lost(int status, string code)
    {
        var script = new Script(Error(status, code), Error(status, code));
        using var queues = script.Queues();

        (await queues.HideAsync("crawl-jobs", Message, Minute, Cancel)).ShouldBeNull();
        (await queues.DeleteAsync("crawl-jobs", Message, Cancel)).ShouldBeFalse();
    }

    [Theory]
    [InlineData(403, "AuthenticationFailed", "does not accept the account key (AuthenticationFailed). Copy the connection string again", false)]
    [InlineData(403, "KeyBasedAuthenticationNotPermitted", "takes no account keys. Use Storage__QueueServiceUri and a managed identity.", false)]
    [InlineData(409, "QueueBeingDeleted", "is still deleting a queue of this name. Wait a minute, then try again.", true)]
    [InlineData(503, "ServerBusy", "is asked to do more than it can. Wait, or spread the load: an account does 20,000 operations a second, a queue 2,000.", true)]
    [InlineData(404, "", "gave an answer (404) that is not its own.", false)]
    public async Task A_problem_is_told_with_its_remedy(int status, string code, string message, bool mayPass)
    {
        var script = new Script([.. Enumerable.Repeat(Error(status, code), 4)]);
        using var queues = script.Queues();

        var problem = await Should.ThrowAsync<TableStoreException>(() => queues.SendAsync("crawl-jobs", "a", Cancel));

        problem.Message.ShouldContain($"The Azure Queue Storage at https://acme.queue.core.windows.net {message}");
        problem.MayPass.ShouldBe(mayPass);
        problem.ToString().ShouldNotContain(Script.Key);
    }

    [Fact]
    public async Task A_wrong_key_is_told_without_it()
    {
        var azurite = await shared.StartedAsync();
        using var queues = new AzureQueueStore(
            StorageAccount.Parse(StorageService.Queues, $"AccountName=devstoreaccount1;AccountKey={Script.Key};QueueEndpoint={azurite.QueueEndpoint}"),
            SharedAzurite.Options);

        var problem = await Should.ThrowAsync<TableStoreException>(() => queues.SendAsync("crawl-jobs", "a", Cancel));

        problem.Message.ShouldStartWith($"The Azure Queue Storage at {azurite.QueueEndpoint} does not accept the account key");
        problem.ToString().ShouldNotContain(Script.Key);
    }

    private static Func<CancellationToken, Task<HttpResponseMessage>> Sent => Script.Answer(201, """
        <?xml version="1.0" encoding="utf-8"?><QueueMessagesList><QueueMessage><MessageId>1</MessageId><InsertionTime>Fri, 27 Feb 2026 09:30:00 GMT</InsertionTime>
        <ExpirationTime>Fri, 31 Dec 9999 23:59:59 GMT</ExpirationTime><PopReceipt>r</PopReceipt><TimeNextVisible>Fri, 27 Feb 2026 09:30:00 GMT</TimeNextVisible>
        </QueueMessage></QueueMessagesList>
        """, "application/xml");

    private static Func<CancellationToken, Task<HttpResponseMessage>> Error(int status, string code) => code.Length == 0
        ? Script.Foreign(status, "<html/>")
        : Script.Answer(status, $"<Error><Code>{code}</Code><Message>Words.</Message></Error>", "application/xml", ("x-ms-error-code", code));
}
