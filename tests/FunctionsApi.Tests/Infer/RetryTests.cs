using System.Net;
using System.Net.Sockets;
using FunctionsApi.Infer;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infer;

public sealed class RetryTests
{
    private readonly ManualTime _time = new();
    private int _connects;

    [Fact]
    public async Task A_connection_that_could_not_be_made_is_tried_again()
    {
        await using var upstream = await Upstream.StartAsync(_ => Task.CompletedTask);
        using var client = Client(refusals: 2);
        using var answer = await SendAsync(client, upstream.Url, retries: 2);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        _connects.ShouldBe(3);
        upstream.Requests.ShouldBe(1);
    }

    [Fact]
    public async Task A_backend_that_stays_away_is_given_up_after_the_retries()
    {
        using var client = Client(refusals: int.MaxValue);
        var exception = await Should.ThrowAsync<HttpRequestException>(SendAsync(client, UnusedAddress.Find(), retries: 3));
        exception.HttpRequestError.ShouldBe(HttpRequestError.ConnectionError);
        _connects.ShouldBe(4);
    }

    [Fact]
    public async Task Without_retries_a_connection_is_tried_once()
    {
        using var client = Client(refusals: int.MaxValue);
        await Should.ThrowAsync<HttpRequestException>(SendAsync(client, UnusedAddress.Find(), retries: 0));
        _connects.ShouldBe(1);
    }

    [Fact]
    public async Task A_busy_backend_is_not_asked_twice()
    {
        await using var upstream = await Upstream.StartAsync(http =>
        {
            http.Response.StatusCode = 503;
            http.Response.Headers.RetryAfter = "0";
            return Task.CompletedTask;
        });
        using var client = Client(refusals: 0);
        using var answer = await SendAsync(client, upstream.Url, retries: 5);
        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        upstream.Requests.ShouldBe(1);
    }

    [Fact]
    public async Task A_request_that_the_backend_may_have_processed_is_not_sent_again()
    {
        await using var upstream = await Upstream.StartAsync(async http =>
        {
            await new StreamReader(http.Request.Body).ReadToEndAsync();
            http.Abort();
        });
        using var client = Client(refusals: 0);
        await Should.ThrowAsync<HttpRequestException>(SendAsync(client, upstream.Url, retries: 5));
        upstream.Requests.ShouldBe(1);
    }

    private async Task<HttpResponseMessage> SendAsync(UpstreamClient client, Uri url, int retries)
    {
        var deployment = InferHost.To(url, it => it with { Retries = retries });
        var answer = client.SendAsync(deployment, "{}"u8.ToArray(), CancellationToken.None, TestHost.Cancelled);
        while (!answer.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        return await answer;
    }

    private UpstreamClient Client(int refusals)
    {
        var handler = UpstreamClient.CreateHandler();
        handler.ConnectCallback = async (context, cancellationToken) =>
        {
            if (Interlocked.Increment(ref _connects) <= refusals)
                throw new SocketException((int)SocketError.ConnectionRefused);
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        };
        return new(handler, _time, NullLogger<UpstreamClient>.Instance);
    }
}
