using System.Net;
using FunctionsApi.Functions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Functions;

/// <summary>Clients wait for the store, and no request lasts longer than the host bears.</summary>
public sealed class StartGateTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly Lifetime _lifetime = new();

    public void Dispose() => _lifetime.Dispose();

    [Fact]
    public async Task A_request_waits_until_the_program_has_started()
    {
        var passed = new StartGate(_lifetime, _time).TryPassAsync(Request("/infer")).AsTask();
        passed.IsCompleted.ShouldBeFalse();

        await _lifetime.StartAsync();

        (await passed).ShouldBeTrue();
    }

    [Fact]
    public async Task One_that_has_waited_for_10_s_is_told_to_come_back()
    {
        var http = Request("/infer");
        var passed = new StartGate(_lifetime, _time).TryPassAsync(http).AsTask();

        _time.Advance(TimeSpan.FromSeconds(10));

        (await passed).ShouldBeFalse();
        http.Response.StatusCode.ShouldBe((int)HttpStatusCode.ServiceUnavailable);
        http.Response.Headers.RetryAfter.ToString().ShouldBe("1");
    }

    [Fact]
    public async Task Whether_the_program_is_alive_is_answered_at_once() =>
        (await new StartGate(_lifetime, _time).TryPassAsync(Request("/healthz"))).ShouldBeTrue();

    [Fact]
    public async Task A_request_is_broken_off_before_the_host_ends_the_program_for_it()
    {
        var (http, connection) = (Request("/infer"), new Connection());
        http.Features.Set<IHttpRequestLifetimeFeature>(connection);
        await using var deadline = new RequestDeadline(_time, NullLogger<RequestDeadline>.Instance).Start(http);

        _time.Advance(RequestDeadline.Limit - TimeSpan.FromSeconds(1));
        connection.IsAborted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(1));

        connection.IsAborted.ShouldBeTrue();
    }

    private static DefaultHttpContext Request(string path)
    {
        var http = new DefaultHttpContext();
        http.Request.Path = path;
        return http;
    }

    private sealed class Connection : IHttpRequestLifetimeFeature
    {
        public bool IsAborted { get; private set; }

        public CancellationToken RequestAborted { get; set; }

        public void Abort() => IsAborted = true;
    }

    private sealed class Lifetime : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource _started = new();

        public CancellationToken ApplicationStarted => _started.Token;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public Task StartAsync() => _started.CancelAsync();

        public void Dispose() => _started.Dispose();

        public void StopApplication()
        {
        }
    }
}
