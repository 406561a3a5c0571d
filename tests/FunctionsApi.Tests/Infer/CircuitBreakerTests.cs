using System.Net;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infer;

public sealed class CircuitBreakerTests
{
    [Fact]
    public async Task A_backend_that_keeps_failing_is_left_alone_and_then_tried_once()
    {
        await using var upstream = await Upstream.StartAsync(FailAsync);
        await using var host = await InferHost.StartAsync(upstream);
        await OpenAsync(host);

        var refused = await host.InferAsync();
        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        refused.Headers.RetryAfter!.ToString().ShouldBe("10");
        (await refused.ErrorAsync()).ShouldContain("keeps failing");
        host.Logs.Lines.Count(line => line.Contains("opened", StringComparison.Ordinal)).ShouldBe(1);
        host.Logs.Lines.Count(line => line.StartsWith("Warning", StringComparison.Ordinal)).ShouldBe(11);
        upstream.Requests.ShouldBe(10);

        host.Time.Advance(TimeSpan.FromSeconds(4));
        (await host.InferAsync()).Headers.RetryAfter!.ToString().ShouldBe("6");

        host.Time.Advance(TimeSpan.FromSeconds(6));
        (await host.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        upstream.Requests.ShouldBe(11);
        (await host.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        upstream.Requests.ShouldBe(11);
    }

    [Fact]
    public async Task A_backend_that_recovered_is_used_again()
    {
        var healthy = false;
        await using var upstream = await Upstream.StartAsync(http => healthy ? Task.CompletedTask : FailAsync(http));
        await using var host = await InferHost.StartAsync(upstream);
        await OpenAsync(host);
        healthy = true;
        host.Time.Advance(TimeSpan.FromSeconds(10));
        for (var request = 0; request < 3; request++)
            (await host.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_deployment_that_was_changed_starts_with_a_closed_circuit()
    {
        await using var failing = await Upstream.StartAsync(FailAsync);
        await using var host = await InferHost.StartAsync(failing);
        await OpenAsync(host);
        await using var healthy = await Upstream.StartAsync(_ => Task.CompletedTask);
        await host.SetAsync(InferHost.To(healthy.Url));
        await host.PostAsync("""{"deployment_id":"unheard-of","inputs":{}}""");
        host.Time.Advance(TimeSpan.FromSeconds(1));
        await host.PostAsync("""{"deployment_id":"unheard-of","inputs":{}}""");
        (await host.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task One_deployments_failures_leave_another_alone()
    {
        await using var failing = await Upstream.StartAsync(FailAsync);
        await using var healthy = await Upstream.StartAsync(_ => Task.CompletedTask);
        await using var host = await InferHost.StartAsync(failing);
        await host.SetAsync(InferHost.To(healthy.Url, it => it with { Id = "other" }));
        await OpenAsync(host);
        (await host.PostAsync("""{"deployment_id":"other","inputs":{}}""")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Refusals_of_bad_inputs_do_not_open_the_circuit()
    {
        await using var upstream = await Upstream.StartAsync(http =>
        {
            http.Response.StatusCode = 422;
            return Task.CompletedTask;
        });
        await using var host = await InferHost.StartAsync(upstream);
        await OpenAsync(host);
        (await host.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        upstream.Requests.ShouldBe(11);
    }

    [Fact]
    public async Task Silence_opens_the_circuit()
    {
        using var received = new SemaphoreSlim(0);
        await using var upstream = await Upstream.StartAsync(async http =>
        {
            var gone = new TaskCompletionSource();
            await using var registration = http.RequestAborted.Register(gone.SetResult);
            received.Release();
            await gone.Task;
        });
        await using var host = await InferHost.StartAsync(upstream, it => it with { Timeout = TimeSpan.FromSeconds(1) });
        for (var request = 0; request < 10; request++)
        {
            var answer = host.InferAsync();
            await received.WaitAsync(TestHost.Cancelled);
            host.Time.Advance(TimeSpan.FromSeconds(1));
            (await answer).StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        }
        (await host.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
    }

    private static Task FailAsync(HttpContext http)
    {
        http.Response.StatusCode = 500;
        return Task.CompletedTask;
    }

    private static async Task OpenAsync(InferHost host)
    {
        for (var request = 0; request < 10; request++)
            (await host.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.BadGateway);
    }
}
