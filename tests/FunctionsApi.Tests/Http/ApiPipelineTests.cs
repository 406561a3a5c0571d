using System.Net;
using System.Net.Http.Json;
using FunctionsApi.Http;
using FunctionsApi.Quotas.Policies;
using Microsoft.AspNetCore.Builder;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Http;

public sealed class ApiPipelineTests
{
    [Fact]
    public async Task A_caller_without_a_credential_is_refused()
    {
        await using var host = await TestHost.StartAsync(map: MapEcho);
        var response = await host.Client.PostAsJsonAsync("/api/v1/echo", 1, TestHost.Cancelled);
        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        response.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
    }

    [Fact]
    public async Task A_caller_with_a_key_is_answered()
    {
        await using var host = await TestHost.StartAsync(map: MapEcho);
        using var client = await host.ClientAsync("acme", "alice", agents: "pro");
        var response = await client.PostAsJsonAsync("/api/v1/echo", 1, TestHost.Cancelled);
        (await response.Content.ReadAsStringAsync(TestHost.Cancelled)).ShouldBe("1");
        response.Headers.GetValues("RateLimit-Policy").Single().ShouldBe(
            """
            "requests-per-hour";q=10000;w=3600, "requests-per-day";q=100000;w=86400, "concurrency";q=50;qu="concurrent-requests"
            """);
    }

    private static void MapEcho(WebApplication app) => app.MapApi(Api.Agents, "POST", "/api/v1/echo", "echo", async request =>
    {
        var json = await request.ReadJsonAsync();
        if (await request.AcquireAsync())
            request.Answer(200, System.Text.Encoding.UTF8.GetBytes(json.RootElement.GetRawText()));
    });
}
