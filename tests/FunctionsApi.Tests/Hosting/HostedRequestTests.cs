using System.Collections.Concurrent;
using FunctionsApi.EndToEnd.Tests.Hosting.Double;
using FunctionsApi.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Hosting;

/// <summary>What becomes of a request behind the host, besides its answer.</summary>
public sealed class HostedRequestTests
{
    private static readonly Dictionary<string, string?> Hosted = new() { ["FUNCTIONS_CUSTOMHANDLER_PORT"] = "7072" };

    [Theory]
    [InlineData("x-ms-invocation-id")]
    [InlineData("X-Azure-Functions-InvocationId")]
    public async Task What_is_logged_carries_the_hosts_id_of_the_request(string header)
    {
        var id = Guid.NewGuid();
        (await ScopesAsync(Hosted, header, $"{id}")).ShouldContain($"InvocationId:{id}");
    }

    [Fact]
    public async Task What_is_no_id_is_not_logged() =>
        (await ScopesAsync(Hosted, "x-ms-invocation-id", "id admitted=1000")).ShouldNotContain(scope => scope.StartsWith("InvocationId", StringComparison.Ordinal));

    [Fact]
    public async Task Without_the_host_no_id_is_believed() =>
        (await ScopesAsync([], "x-ms-invocation-id", $"{Guid.NewGuid()}")).ShouldNotContain(scope => scope.StartsWith("InvocationId", StringComparison.Ordinal));

    [Fact]
    public async Task A_request_that_lasts_is_broken_off_before_the_host_kills_the_program()
    {
        var inside = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = await TestHost.StartAsync(Hosted, map: app => app.MapGet("/hang", async (HttpContext http) =>
        {
            inside.SetResult();
            await new TaskCompletionSource().Task.WaitAsync(http.RequestAborted);
        }));
        var answer = host.Client.GetAsync("/hang", TestHost.Cancelled);
        await inside.Task;

        host.Time.Advance(RequestDeadline.Limit - TimeSpan.FromSeconds(1));
        answer.IsCompleted.ShouldBeFalse();
        host.Time.Advance(TimeSpan.FromSeconds(1));

        await Should.ThrowAsync<HttpRequestException>(() => answer);
    }

    [Fact]
    public async Task A_proxied_answer_arrives_piece_by_piece()
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = await TestHost.StartAsync(map: app => app.MapGet("/infer/stream", (HttpContext http) => StreamAsync(http, seen.Task)), behind: HostMode.Proxying);
        using var answer = await host.Client.GetAsync("/infer/stream", HttpCompletionOption.ResponseHeadersRead, TestHost.Cancelled);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(TestHost.Cancelled));

        (await reader.ReadLineAsync(TestHost.Cancelled)).ShouldBe("first");
        seen.SetResult();
        (await reader.ReadLineAsync(TestHost.Cancelled)).ShouldBe("last");
    }

    [Fact]
    public async Task A_client_of_the_proxy_that_goes_ends_its_request()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = await TestHost.StartAsync(map: app => app.MapGet("/infer/stream", async (HttpContext http) =>
        {
            http.RequestAborted.Register(ended.SetResult);
            await StreamAsync(http, ended.Task);
        }), behind: HostMode.Proxying);
        using (await host.Client.GetAsync("/infer/stream", HttpCompletionOption.ResponseHeadersRead, TestHost.Cancelled))
        {
        }

        await ended.Task.WaitAsync(TestHost.Cancelled);
    }

    private static async Task StreamAsync(HttpContext http, Task between)
    {
        await http.Response.WriteAsync("first\n", http.RequestAborted);
        await between;
        await http.Response.WriteAsync("last\n", CancellationToken.None);
    }

    private static async Task<IReadOnlyCollection<string>> ScopesAsync(Dictionary<string, string?> settings, string header, string value)
    {
        using var logs = new ScopedLogs();
        await using var host = await TestHost.StartAsync(settings, map: app => app.MapGet("/log", (ILogger<HostedRequestTests> logger) =>
            logger.Log(LogLevel.Information, default, "hello", null, (text, _) => text)));
        host.Services.GetRequiredService<ILoggerFactory>().AddProvider(logs);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/log");
        request.Headers.Add(header, value);
        using var answer = await host.Client.SendAsync(request, TestHost.Cancelled);
        answer.EnsureSuccessStatusCode();
        return logs.Scopes;
    }

    /// <summary>The scopes that "hello" was logged in.</summary>
    private sealed class ScopedLogs : ILoggerProvider, ILogger, ISupportExternalScope
    {
        private IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();

        public ConcurrentQueue<string> Scopes { get; } = new();

        public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (formatter(state, exception) == "hello")
                _scopes.ForEachScope((scope, queue) => queue.Enqueue($"{scope}"), Scopes);
        }

        public void Dispose()
        {
        }
    }
}
