using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infer;

public sealed class HttpBackendTests
{
    [Fact]
    public async Task The_backend_gets_the_id_and_the_inputs_as_they_were_sent()
    {
        string? received = null;
        await using var upstream = await Upstream.StartAsync(async http =>
        {
            received = $"{http.Request.Method} {http.Request.Path} {http.Request.ContentType} {await new StreamReader(http.Request.Body).ReadToEndAsync()}";
        });
        await using var host = await InferHost.StartAsync(upstream);
        await host.InferAsync("""{ "n": 1.0 }""");
        received.ShouldBe("""POST /predict application/json {"deployment_id":"model","inputs":{ "n": 1.0 }}""");
    }

    [Theory]
    [InlineData(200)]
    [InlineData(201)]
    [InlineData(202)]
    public async Task A_successful_answer_is_passed_through(int status)
    {
        await using var upstream = await Upstream.StartAsync(async http =>
        {
            http.Response.StatusCode = status;
            http.Response.ContentType = "text/csv; charset=utf-8; header=present";
            http.Response.Headers.Server = "secret-model/1.0";
            http.Response.Headers.SetCookie = "a=b";
            http.Response.Headers["X-RateLimit-Limit"] = "7";
            http.Response.ContentLength = 4;
            await http.Response.WriteAsync("1,2\n");
        });
        await using var host = await InferHost.StartAsync(upstream);
        var response = await host.InferAsync();
        ((int)response.StatusCode).ShouldBe(status);
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/csv; charset=utf-8; header=present");
        response.Content.Headers.ContentLength.ShouldBe(4);
        (await response.TextAsync()).ShouldBe("1,2\n");
        response.Headers.Server.ShouldBeEmpty();
        response.Headers.Contains("Set-Cookie").ShouldBeFalse();
        response.ToString().ShouldNotContain("X-RateLimit-Limit: 7");
        host.Consumed.ShouldBe(1);
    }

    [Fact]
    public async Task An_answer_without_a_body_is_passed_through()
    {
        await using var upstream = await Upstream.StartAsync(http =>
        {
            http.Response.StatusCode = 204;
            return Task.CompletedTask;
        });
        await using var host = await InferHost.StartAsync(upstream);
        var response = await host.InferAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await response.TextAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_compressed_answer_stays_compressed_and_says_so()
    {
        await using var upstream = await Upstream.StartAsync(async http =>
        {
            http.Response.Headers.ContentEncoding = "br";
            await http.Response.WriteAsync("opaque");
        });
        await using var host = await InferHost.StartAsync(upstream);
        var response = await host.InferAsync();
        response.Content.Headers.ContentEncoding.ShouldBe(["br"]);
        (await response.TextAsync()).ShouldBe("opaque");
    }

    [Fact]
    public async Task A_piece_arrives_before_the_backend_makes_the_next()
    {
        var firstArrived = new TaskCompletionSource();
        await using var upstream = await Upstream.StartAsync(async http =>
        {
            http.Response.ContentType = "text/event-stream";
            await http.Response.WriteAsync("data: 1\n\n");
            await firstArrived.Task;
            await http.Response.WriteAsync("data: 2\n\n");
        });
        await using var host = await InferHost.StartAsync(upstream);
        var response = await host.InferAsync();
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/event-stream");
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestHost.Cancelled));
        (await reader.ReadLineAsync(TestHost.Cancelled)).ShouldBe("data: 1");
        firstArrived.SetResult();
        (await reader.ReadToEndAsync(TestHost.Cancelled)).ShouldBe("\ndata: 2\n\n");
    }

    [Fact]
    public async Task A_textanswer_arrives_whole()
    {
        var text = string.Concat(Enumerable.Range(0, 100_000).Select(number => $"{number},"));
        await using var upstream = await Upstream.StartAsync(http => http.Response.WriteAsync(text));
        await using var host = await InferHost.StartAsync(upstream);
        (await (await host.InferAsync()).TextAsync()).ShouldBe(text);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task A_failure_of_the_backend_is_a_502_that_tells_nothing_of_it(int status)
    {
        await using var upstream = await Upstream.StartAsync(async http =>
        {
            http.Response.StatusCode = status;
            http.Response.Headers.RetryAfter = "1";
            await http.Response.WriteAsync("stack trace at 10.0.0.7");
        });
        await using var host = await InferHost.StartAsync(upstream);
        var response = await host.InferAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await response.ErrorAsync()).ShouldBe($"The deployment's backend answered with status {status}.");
        response.Headers.RetryAfter.ShouldBeNull();
        upstream.Requests.ShouldBe(1);
        host.Logs.Lines.ShouldContain(line => line.StartsWith("Warning", StringComparison.Ordinal) && line.Contains($"status {status}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var upstream = await Upstream.StartAsync(http =>
        {
            http.Response.Redirect("/elsewhere");
            return Task.CompletedTask;
        });
        await using var host = await InferHost.StartAsync(upstream);
        (await host.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        upstream.Requests.ShouldBe(1);
    }

    [Fact]
    public async Task A_backend_that_cannot_be_reached_is_a_502_without_its_address()
    {
        await using var host = await InferHost.StartAsync();
        await host.SetAsync(InferHost.To(UnusedUrl()));
        var response = await host.InferAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        var body = await response.TextAsync();
        body.ShouldContain("cannot be reached");
        body.ShouldNotContain("127.0.0.1");
    }

    [Fact]
    public async Task A_backend_that_breaks_off_is_a_502()
    {
        await using var upstream = await Upstream.StartAsync(async http =>
        {
            await new StreamReader(http.Request.Body).ReadToEndAsync();
            http.Abort();
        });
        await using var host = await InferHost.StartAsync(upstream);
        var response = await host.InferAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await response.TextAsync()).ShouldContain("broke off");
    }

    [Fact]
    public async Task A_body_that_breaks_off_is_not_passed_off_as_whole()
    {
        var firstArrived = new TaskCompletionSource();
        await using var upstream = await Upstream.StartAsync(async http =>
        {
            await http.Response.WriteAsync("half");
            await firstArrived.Task;
            http.Abort();
        });
        await using var host = await InferHost.StartAsync(upstream);
        await ShouldBreakOffAfterAsync(await host.InferAsync(), "half", firstArrived.SetResult);
    }

    [Fact]
    public async Task A_backend_that_is_silent_beyond_its_timeout_is_a_504()
    {
        var received = new TaskCompletionSource();
        var abandoned = new TaskCompletionSource();
        await using var upstream = await Upstream.StartAsync(http => SilentAsync(http, received, abandoned));
        await using var host = await InferHost.StartAsync(upstream);
        var answer = host.InferAsync();
        await received.Task;
        host.Time.Advance(TimeSpan.FromSeconds(29.9));
        answer.IsCompleted.ShouldBeFalse();
        host.Time.Advance(TimeSpan.FromSeconds(0.1));
        var response = await answer;
        response.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        (await response.TextAsync()).ShouldContain("did not answer in time");
        await abandoned.Task;
    }

    [Fact]
    public async Task An_answer_that_is_not_complete_in_time_is_broken_off()
    {
        await using var upstream = await Upstream.StartAsync(async http =>
        {
            await http.Response.WriteAsync("half");
            await SilentAsync(http);
        });
        await using var host = await InferHost.StartAsync(upstream, it => it with { Timeout = TimeSpan.FromMinutes(5) });
        await ShouldBreakOffAfterAsync(await host.InferAsync(), "half", () => host.Time.Advance(TimeSpan.FromMinutes(5)));
    }

    [Fact]
    public async Task An_answer_that_declares_to_be_too_large_is_a_502()
    {
        await using var upstream = await Upstream.StartAsync(http =>
        {
            http.Response.ContentLength = 1001;
            return http.Response.WriteAsync(new string('a', 1001));
        });
        await using var host = await InferHost.StartAsync(upstream, it => it with { MaxResponseBytes = 1000 });
        var response = await host.InferAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await response.TextAsync()).ShouldContain("larger");
    }

    [Fact]
    public async Task An_answer_whose_first_piece_is_too_large_is_a_502()
    {
        await using var upstream = await Upstream.StartAsync(http => http.Response.WriteAsync(new string('a', 1001)));
        await using var host = await InferHost.StartAsync(upstream, it => it with { MaxResponseBytes = 1000 });
        (await host.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.BadGateway);
    }

    [Fact]
    public async Task An_answer_of_the_largest_size_is_passed_through()
    {
        await using var upstream = await Upstream.StartAsync(http => http.Response.WriteAsync(new string('a', 1000)));
        await using var host = await InferHost.StartAsync(upstream, it => it with { MaxResponseBytes = 1000 });
        (await (await host.InferAsync()).TextAsync()).Length.ShouldBe(1000);
    }

    [Fact]
    public async Task An_answer_that_grows_too_large_is_broken_off()
    {
        var firstArrived = new TaskCompletionSource();
        await using var upstream = await Upstream.StartAsync(async http =>
        {
            await http.Response.WriteAsync("half");
            await firstArrived.Task;
            await http.Response.WriteAsync("more");
        });
        await using var host = await InferHost.StartAsync(upstream, it => it with { MaxResponseBytes = 7 });
        await ShouldBreakOffAfterAsync(await host.InferAsync(), "half", firstArrived.SetResult);
    }

    [Fact]
    public async Task A_client_that_leaves_cancels_the_backends_work()
    {
        var received = new TaskCompletionSource();
        var abandoned = new TaskCompletionSource();
        await using var upstream = await Upstream.StartAsync(http => SilentAsync(http, received, abandoned));
        await using var host = await InferHost.StartAsync(upstream);
        using var leaving = new CancellationTokenSource();
        using var content = new StringContent("""{"deployment_id":"model","inputs":{}}""", Encoding.UTF8, "application/json");
        var answer = host.SendAsync(content, leaving.Token);
        await received.Task;
        await leaving.CancelAsync();
        await abandoned.Task;
        await Should.ThrowAsync<OperationCanceledException>(answer);
    }

    /// <summary>An address at which nobody listens.</summary>
    internal static Uri UnusedUrl()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new($"http://{listener.LocalEndpoint}/predict");
    }

    private static async Task ShouldBreakOffAfterAsync(HttpResponseMessage response, string first, Action then)
    {
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        await using var body = await response.Content.ReadAsStreamAsync(TestHost.Cancelled);
        var piece = new byte[100];
        var read = await body.ReadAsync(piece, TestHost.Cancelled);
        Encoding.UTF8.GetString(piece, 0, read).ShouldBe(first);
        then();
        await Should.ThrowAsync<IOException>(body.CopyToAsync(Stream.Null, TestHost.Cancelled));
    }

    private static async Task SilentAsync(HttpContext http, TaskCompletionSource? received = null, TaskCompletionSource? abandoned = null)
    {
        var gone = new TaskCompletionSource();
        await using var registration = http.RequestAborted.Register(gone.SetResult);
        received?.SetResult();
        await gone.Task;
        abandoned?.SetResult();
    }
}
