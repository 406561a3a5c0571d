using System.Net;
using System.Text;
using FunctionsApi.Api;
using FunctionsApi.Infer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infer;

public sealed class RefundTests
{
    [Theory]
    [InlineData(500, HttpStatusCode.BadGateway)]
    [InlineData(503, HttpStatusCode.BadGateway)]
    public async Task A_failure_of_the_backend_gives_the_permit_back(int status, HttpStatusCode answered)
    {
        await using var upstream = await FailingAsync(status);
        await using var host = await InferHost.StartAsync(upstream, it => it with { Refund = true, Weight = 3 });

        (await host.InferAsync()).StatusCode.ShouldBe(answered);

        host.Consumed.ShouldBe(0);
    }

    [Fact]
    public async Task A_backend_that_cannot_be_reached_gives_the_permit_back()
    {
        await using var host = await InferHost.StartAsync();
        await host.SetAsync(InferHost.To(new("http://127.0.0.1:1/"), it => it with { Refund = true }));

        (await host.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.BadGateway);

        host.Consumed.ShouldBe(0);
    }

    [Fact]
    public async Task A_failure_that_nobody_foresaw_gives_the_permit_back()
    {
        using var upstream = new UpstreamClient(new DefectiveHandler(), TimeProvider.System, NullLogger<UpstreamClient>.Instance);
        await using var host = await TestHost.StartAsync(map: app => app.MapPost("/defective", http => app.Services.GetRequiredService<ApiPipeline>().InvokeAsync(
            http, new InferEndpoint(app.Services.GetRequiredService<DeploymentDirectory>(), new(upstream, TimeProvider.System, NullLogger<HttpBackend>.Instance)))));
        await new DeploymentTable(host.Store).SetAsync(InferHost.To(new("http://127.0.0.1:1/"), it => it with { Refund = true }), TestHost.Cancelled);
        using var client = await host.ClientAsync(InferHost.Tenant, "alice", inference: "pro");
        using var call = new StringContent("""{"deployment_id":"model","inputs":{}}""", Encoding.UTF8, "application/json");

        using var response = await client.PostAsync("/defective", call, TestHost.Cancelled);

        response.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        response.Headers.GetValues("X-RateLimit-Remaining").ShouldBe(["120"]);
    }

    [Fact]
    public async Task Without_it_the_permit_is_used()
    {
        await using var upstream = await FailingAsync(500);
        await using var host = await InferHost.StartAsync(upstream);

        await host.InferAsync();

        host.Consumed.ShouldBe(1);
    }

    [Fact]
    public async Task What_succeeds_uses_its_permit_and_a_caller_at_the_limit_gets_in_for_each_failure()
    {
        var status = 200;
        await using var upstream = await Upstream.StartAsync(http =>
        {
            http.Response.StatusCode = status;
            return http.Response.WriteAsync("{}");
        });
        await using var host = await InferHost.StartAsync(upstream, it => it with { Refund = true, Weight = 30 });
        for (var i = 0; i < 3; i++)
            await host.InferAsync();
        host.Consumed.ShouldBe(90);

        status = 500;
        for (var i = 0; i < 3; i++)
            (await host.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.BadGateway);

        status = 200;
        (await host.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await host.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    private sealed class DefectiveHandler : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("This is a defect of the program.");
    }

    private static Task<Upstream> FailingAsync(int status) => Upstream.StartAsync(http =>
    {
        http.Response.StatusCode = status;
        return Task.CompletedTask;
    });
}
