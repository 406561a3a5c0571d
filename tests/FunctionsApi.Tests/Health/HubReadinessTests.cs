using FunctionsApi.Health;
using FunctionsApi.Ledgers;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Tenants;
using FunctionsApi.Tests.Ledgers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Health;

/// <summary>With the ledger on durable entities an instance is ready once the task hub has answered it.</summary>
public sealed class HubReadinessTests : IAsyncLifetime
{
    private TestHost _host = null!;
    private ScriptedHub _hub = null!;
    private HubWatch _watch = null!;
    private Readiness _readiness = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await TestHost.StartAsync();
        _hub = new(_host.Time);
        _watch = new(new(_host.Store, "Hub"), _hub, _host.Time, NullLogger<HubWatch>.Instance);
        _readiness = new(
            _host.Store, _host.Services.GetRequiredService<TenantDirectory>(), _host.Services.GetRequiredService<QuotaLimiter>(),
            _host.Time, NullLogger<Readiness>.Instance, _watch);
    }

    public async ValueTask DisposeAsync()
    {
        _watch.Dispose();
        await _host.DisposeAsync();
    }

    public static TheoryData<Exception> NoAnswers =>
        [new LedgerSlowException("The Functions host has not said yet where its task hub is."), new LedgerUnavailableException("Nobody answers.")];

    [Theory]
    [MemberData(nameof(NoAnswers), DisableDiscoveryEnumeration = true)]
    public async Task It_is_not_ready_until_the_hub_has_answered_and_stays_ready_then(Exception noAnswer)
    {
        _hub.Failure = noAnswer;
        (await AskAsync()).ShouldBe((503, """{"status":"not ready","checks":{"storage":"ok","plans":"ok","ledger":"ok","hub":"starting"}}"""));

        _hub.Failure = null;
        (await AskAsync()).ShouldBe((200, """{"status":"ready","checks":{"storage":"ok","plans":"ok","ledger":"ok"}}"""));

        // From now on the ledger tells.
        _hub.Failure = noAnswer;
        (await AskAsync()).Status.ShouldBe(200);
        _hub.Reads.ShouldBe(2);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_hub_that_hangs_is_given_up_for_this_time()
    {
        _hub.Hangs = true;
        var asked = AskAsync();
        while (!asked.IsCompleted)
        {
            TestHost.Cancelled.ThrowIfCancellationRequested();
            _host.Time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }
        (await asked).Status.ShouldBe(503);

        _hub.Hangs = false;
        (await AskAsync()).Status.ShouldBe(200);
    }

    private async Task<(int Status, string Body)> AskAsync()
    {
        // It is asked at most once a second.
        _host.Time.Advance(TimeSpan.FromSeconds(1));
        using var body = new MemoryStream();
        var http = new DefaultHttpContext { Response = { Body = body } };
        await HealthAnswers.ReadyAsync(http, _readiness);
        await http.Response.BodyWriter.FlushAsync(TestHost.Cancelled);
        return (http.Response.StatusCode, System.Text.Encoding.UTF8.GetString(body.ToArray()));
    }
}
