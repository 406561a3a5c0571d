using System.Net;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infer;

/// <summary>What is sent to a backend, and how its answer is passed on.</summary>
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

    [Fact]
    public async Task An_answer_of_the_largest_size_is_passed_through()
    {
        await using var upstream = await Upstream.StartAsync(http => http.Response.WriteAsync(new string('a', 1000)));
        await using var host = await InferHost.StartAsync(upstream, it => it with { MaxResponseBytes = 1000 });
        (await (await host.InferAsync()).TextAsync()).Length.ShouldBe(1000);
    }
}
