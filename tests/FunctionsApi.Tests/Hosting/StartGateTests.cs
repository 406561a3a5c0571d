using FunctionsApi.Settings;
using System.Net;
using System.Net.Sockets;
using FunctionsApi.Alone;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Hosting;

/// <summary>The host must be answered at once, and clients not before the store is.</summary>
public sealed class StartGateTests : IAsyncDisposable
{
    private readonly HeldStore _store = new();
    private readonly ManualTime _time = new();
    private readonly HttpClient _client = new() { BaseAddress = new($"http://127.0.0.1:{FreePort()}") };
    private readonly WebApplication _app;
    private readonly Task _starting;

    public StartGateTests()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(_client.BaseAddress!.ToString());
        builder.Configuration["FUNCTIONS_CUSTOMHANDLER_PORT"] = $"{_client.BaseAddress.Port}";
        _app = Server.Build(builder, AppSettings.Read(builder.Configuration), _store, _time);
        _starting = _app.StartAsync(TestHost.Cancelled);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _store.LetGo();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task The_host_is_answered_while_the_store_is_not_there()
    {
        (await AskAsHostAsync()).ShouldBe(HttpStatusCode.OK);
        (await _client.GetAsync("/healthz", TestHost.Cancelled)).StatusCode.ShouldBe(HttpStatusCode.OK);
        _starting.IsCompleted.ShouldBeFalse();
        _store.LetGo();
        await _starting;
    }

    [Fact]
    public async Task A_client_waits_until_the_store_is_there()
    {
        await AskAsHostAsync();
        var answer = _client.PostAsync("/infer", null, TestHost.Cancelled);
        var ready = _client.GetAsync("/readyz", TestHost.Cancelled);

        _store.LetGo();

        (await answer).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await ready).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_client_that_has_waited_long_is_told_to_come_back()
    {
        await AskAsHostAsync();
        var waiting = _client.PostAsync("/infer", null, TestHost.Cancelled);
        await WhileTimePassesAsync(waiting);

        using var answer = await waiting;
        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        answer.Headers.RetryAfter!.ToString().ShouldBe("1");
        (await answer.Content.ReadAsStringAsync(TestHost.Cancelled))
            .ShouldBe("""{"valid":false,"error":"The service cannot answer for the moment. Try again shortly."}""");
        _store.LetGo();
        // Once it has not answered for 10 s, it is asked again a second later.
        await WhileTimePassesAsync(_starting);
    }

    private async Task WhileTimePassesAsync(Task awaited)
    {
        while (true)
        {
            try
            {
                // Leaves the server time of its own to do what it does: it gives the store up after half a minute.
                await awaited.WaitAsync(TimeSpan.FromMilliseconds(5), TestHost.Cancelled);
                return;
            }
            catch (TimeoutException)
            {
                _time.Advance(TimeSpan.FromMilliseconds(100));
            }
        }
    }

    /// <summary>Every 25 ms, until there is an answer of any kind.</summary>
    private async Task<HttpStatusCode> AskAsHostAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(25));
        while (true)
        {
            try
            {
                using var answer = await _client.GetAsync("/", TestHost.Cancelled);
                return answer.StatusCode;
            }
            catch (HttpRequestException)
            {
                await timer.WaitForNextTickAsync(TestHost.Cancelled);
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
