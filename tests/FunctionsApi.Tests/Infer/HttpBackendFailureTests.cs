using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infer;

/// <summary>What a caller is told when the backend fails, breaks off, is silent or answers too much, and what the backend is told when the caller leaves.</summary>
public sealed class HttpBackendFailureTests
{
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
        await host.SetAsync(InferHost.To(UnusedAddress.Find()));
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
