using System.Collections.Concurrent;
using System.Net;
using FunctionsApi.Functions;
using FunctionsApi.Ledgers;
using FunctionsApi.Tests.Ledgers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Functions;

public sealed class HubAddressLookupTests : IAsyncLifetime
{
    private readonly HubClient _client = new(NullLogger<HubClient>.Instance);
    private readonly ScriptedHub _hub = new(TimeProvider.System);
    private readonly BlockingCollection<string> _called = [];
    private WebApplication _host = null!;
    private int _port = 5_001;

    /// <summary>The first calls find a host that is starting.</summary>
    private int _notReady = 2;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _host = builder.Build();
        _host.MapGet("{*path}", (HttpContext http) =>
        {
            _called.Add(http.Request.Path.Value!);
            if (Interlocked.Decrement(ref _notReady) >= 0)
                return Results.StatusCode((int)HttpStatusCode.ServiceUnavailable);
            _client.Connect(new Uri($"http://127.0.0.1:{Interlocked.Increment(ref _port)}"));
            return Results.Ok();
        });
        await _host.StartAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _host.DisposeAsync();
        _called.Dispose();
    }

    [Fact]
    public async Task The_program_calls_itself_through_the_host_until_the_client_is_there_and_again_when_that_is_in_doubt()
    {
        var address = new Uri(_host.Urls.Single());
        using var lookup = new HubAddressLookup(_client, _hub, address, TimeProvider.System, NullLogger<HubAddressLookup>.Instance);
        await lookup.StartAsync(TestContext.Current.CancellationToken);

        await _client.GetAsync(TestContext.Current.CancellationToken);
        _client.IsAddressWanted.ShouldBeFalse();
        for (var call = 0; call < 3; call++)
            _called.Take(TestContext.Current.CancellationToken).ShouldBe("/healthz");

        // So that no request is the first to use it.
        using (var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1)))
            while (_hub.Reads == 0)
                await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);

        _client.AskForAddress();
        _called.Take(TestContext.Current.CancellationToken).ShouldBe("/healthz");
        await lookup.StopAsync(TestContext.Current.CancellationToken);
    }
}
