using System.Net;
using System.Text;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Usage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Api;

/// <summary>When permits are held and when they are free again.</summary>
public sealed class RequestLifeTests
{
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task A_concurrency_permit_is_held_until_a_streamed_body_has_ended()
    {
        await using var host = await TestHost.StartAsync(map: app => MapStream(app, _gate.Task));
        using var client = await host.ClientAsync("acme", "alice", agents: "free");
        using var response = await client.GetAsync("/api/v1/test", HttpCompletionOption.ResponseHeadersRead, TestHost.Cancelled);

        (await InFlightAsync(client)).ShouldBe(1);
        _gate.SetResult();
        (await response.Content.ReadAsStringAsync(TestHost.Cancelled)).ShouldBe("first, last");
        (await InFlightAsync(client)).ShouldBe(0);
    }

    [Fact]
    public async Task A_concurrency_permit_is_free_again_when_the_client_goes()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = await TestHost.StartAsync(map: app => MapStream(app, _gate.Task, ended));
        using var client = await host.ClientAsync("acme", "alice", agents: "free");
        var response = await client.GetAsync("/api/v1/test", HttpCompletionOption.ResponseHeadersRead, TestHost.Cancelled);

        response.Dispose();
        await ended.Task.WaitAsync(TestHost.Cancelled);
        while (await InFlightAsync(client) > 0)
            await Task.Yield();
    }

    [Fact]
    public async Task A_stream_that_breaks_does_not_look_whole_and_frees_its_permit()
    {
        await using var host = await TestHost.StartAsync(map: app => MapStream(app, _gate.Task));
        using var client = await host.ClientAsync("acme", "alice", agents: "free");
        using var response = await client.GetAsync("/api/v1/test", HttpCompletionOption.ResponseHeadersRead, TestHost.Cancelled);

        _gate.SetException(new InvalidOperationException("secret"));
        await Should.ThrowAsync<HttpRequestException>(() => response.Content.ReadAsStringAsync(TestHost.Cancelled));
        while (await InFlightAsync(client) > 0)
            await Task.Yield();
    }

    [Fact]
    public async Task A_body_of_unknown_length_is_cut_at_its_limit()
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        var key = await host.KeyAsync("acme", "alice", "pro");
        using var client = host.ClientWith(key);
        client.DefaultRequestHeaders.TransferEncodingChunked = true;
        var response = await client.PostAsync(StandIns.Infer, Json($"\"{new string('x', 200)}\""), TestHost.Cancelled);
        response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    [Theory]
    [InlineData("Authorization: Bearer fa_\u00ff\u00fe")]
    [InlineData("Authorization: Bearer")]
    [InlineData("Authorization: ")]
    [InlineData("Authorization: Bearer a.b.c")]
    [InlineData("Authorization: Bearer fa_abc")]
    [InlineData("Authorization: Bearer fa_0123456789abcdef0123456789abcd-_")]
    public async Task An_odd_credential_is_a_401(string header)
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        (await Wire.SendAsync(host.Address, $"POST {StandIns.Infer} HTTP/1.1\n{header}\n\n{{}}")).ShouldStartWith("HTTP/1.1 401 ");
    }

    [Fact]
    public async Task A_giant_header_is_refused_without_a_trace()
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        (await Wire.SendAsync(host.Address, $"POST {StandIns.Infer} HTTP/1.1\nAuthorization: Bearer {new string('a', 20_000)}\n\n{{}}"))
            .ShouldStartWith("HTTP/1.1 401 ");
        (await Wire.SendAsync(host.Address, $"POST {StandIns.Infer} HTTP/1.1\nAuthorization: Bearer {new string('a', 40_000)}\n\n{{}}"))
            .ShouldStartWith("HTTP/1.1 431 ");
    }

    [Fact]
    public async Task A_request_is_counted_once_when_it_is_over()
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        using var client = await host.ClientAsync("acme", "alice", "pro");
        await client.PostAsync(StandIns.Infer, Json("""{"weight":3}"""), TestHost.Cancelled);
        await client.PostAsync(StandIns.Infer, Json("{"), TestHost.Cancelled);

        var hour = host.Time.GetUtcNow();
        var totals = host.Services.GetRequiredService<UsageRecorder>()
            .Remembered("acme", hour.AddHours(-1), hour.AddHours(1)).Single().Totals;
        (totals.Admitted, totals.Permits, totals.ClientErrors).ShouldBe((1, 3, 1));
    }

    [Fact]
    public async Task A_request_whose_answer_is_broken_off_is_counted_too()
    {
        await using var host = await TestHost.StartAsync(map: app => app.MapApi(ApiKind.Inference, "POST", "/infer/test", "infer", async request =>
        {
            await request.ReadJsonAsync();
            await request.AcquireAsync();
            await request.Http.Response.WriteAsync("first", request.Aborted);
            throw new InvalidOperationException("secret");
        }));
        using var client = await host.ClientAsync("acme", "alice", "pro");
        await Should.ThrowAsync<HttpRequestException>(() => client.PostAsync("/infer/test", Json("{}"), TestHost.Cancelled));

        var hour = host.Time.GetUtcNow();
        var usage = host.Services.GetRequiredService<UsageRecorder>();
        while (usage.Remembered("acme", hour.AddHours(-1), hour.AddHours(1)).SingleOrDefault()?.Totals.Admitted != 1)
        {
            TestHost.Cancelled.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static async Task<int> InFlightAsync(HttpClient client)
    {
        using var response = await client.GetAsync("/api/v1/nothing", TestHost.Cancelled);
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var limits = response.Headers.GetValues("RateLimit").Single();
        var concurrency = limits.Split(", ").Single(limit => limit.StartsWith("\"concurrency\"", StringComparison.Ordinal));
        return 10 - int.Parse(concurrency.Split(";r=")[1]);
    }

    private static void MapStream(WebApplication app, Task gate, TaskCompletionSource? ended = null) =>
        app.MapApi(ApiKind.Agents, "GET", "/api/v1/test", "search", async request =>
        {
            await request.AcquireAsync();
            try
            {
                await request.Http.Response.WriteAsync("first, ", request.Aborted);
                await gate.WaitAsync(request.Aborted);
                await request.Http.Response.WriteAsync("last", request.Aborted);
            }
            finally
            {
                ended?.TrySetResult();
            }
        });
}
