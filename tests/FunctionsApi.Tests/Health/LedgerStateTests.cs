using System.Net;
using System.Net.Http.Json;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Telemetry;
using FunctionsApi.Tests.Infer;
using FunctionsApi.Tests.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Health;

/// <summary>Probes, metrics and the log tell apart whether the ledger is well, slow, contended or away.</summary>
public sealed class LedgerStateTests : IAsyncDisposable
{
    private const string Alice = "user:acme/alice";

    private readonly TurnedLedger _ledger = new();
    private readonly Logs _logs = new();
    private TestHost _host = null!;

    public async ValueTask DisposeAsync()
    {
        (_ledger.Failure, _ledger.Answers) = (null, Task.CompletedTask);
        await _host.DisposeAsync();
        _logs.Dispose();
    }

    [Fact]
    public async Task A_slow_ledger_is_ready_and_named_until_it_is_well()
    {
        await StartAsync();
        var answers = new TaskCompletionSource();
        (_ledger.Only, _ledger.Answers) = (Alice, answers.Task);
        (await InferAsync("alice")).ShouldBe(HttpStatusCode.ServiceUnavailable);
        await ShouldBeAsync(LedgerState.Slow, HttpStatusCode.OK, "ready", "slow");

        answers.SetResult();
        await UntilAsync(LedgerState.Well);
        await ShouldBeAsync(LedgerState.Well, HttpStatusCode.OK, "ready", "ok");
        Told().ShouldBe(
        [
            "Warning The ledger is slow: requests that wait for it for too long are answered 503",
            "Information The ledger is well again",
        ]);
    }

    [Fact]
    public async Task A_contended_ledger_is_ready_and_named()
    {
        await StartAsync();
        (_ledger.Only, _ledger.Failure) = (Alice, new LedgerContendedException("Others write it."));
        (await InferAsync("alice")).ShouldBe(HttpStatusCode.ServiceUnavailable);
        await UntilAsync(LedgerState.Contended);
        await ShouldBeAsync(LedgerState.Contended, HttpStatusCode.OK, "ready", "contended");

        _ledger.Failure = null;
        await UntilAsync(LedgerState.Well);
        Told().ShouldBe(
        [
            "Warning The ledger is contended: so many instances write one partition's counters that its requests are answered 503",
            "Information The ledger is well again",
        ]);
    }

    [Fact]
    public async Task A_ledger_that_is_away_is_not_ready_and_told_with_its_reason()
    {
        await StartAsync();
        _ledger.Failure = new LedgerUnavailableException("Nobody answers.");
        await InferAsync("alice");
        await InferAsync("bob");
        await UntilAsync(LedgerState.Away);
        await ShouldBeAsync(LedgerState.Away, HttpStatusCode.ServiceUnavailable, "not ready", "away");

        _ledger.Failure = null;
        await UntilAsync(LedgerState.Well);
        Told().Where(line => !line.Contains("slow", StringComparison.Ordinal)).ShouldBe(
        [
            "Error The ledger cannot be asked; leases are spent, and then requests are decided by: Admit. Nobody answers.",
            "Information The ledger answers again",
        ]);
    }

    private async Task StartAsync()
    {
        _host = await TestHost.StartAsync(ledger: _ledger);
        _host.Services.GetRequiredService<ILoggerFactory>().AddProvider(_logs);
    }

    private async Task<HttpStatusCode> InferAsync(string user)
    {
        using var client = await _host.ClientAsync("acme", user, inference: "pro");
        using var response = await _host.WhileTimePassesAsync(
            client.PostAsJsonAsync("/infer", new { deployment_id = "echo", inputs = new { } }, TestHost.Cancelled));
        return response.StatusCode;
    }

    private async Task UntilAsync(LedgerState state)
    {
        while (_host.Services.GetRequiredService<QuotaLimiter>().LedgerState != state)
            await PassAsync();
        // The log follows within 250 ms.
        for (var i = 0; i < 6; i++)
            await PassAsync();
    }

    private Task<Task> PassAsync()
    {
        _host.Time.Advance(TimeSpan.FromMilliseconds(50));
        return Task.WhenAny(new TaskCompletionSource().Task.WaitAsync(TimeSpan.FromMilliseconds(2), TestHost.Cancelled));
    }

    private async Task ShouldBeAsync(LedgerState state, HttpStatusCode status, string word, string ledger)
    {
        using var response = await _host.Client.GetAsync("/readyz", TestHost.Cancelled);
        response.StatusCode.ShouldBe(status);
        (await response.Content.ReadAsStringAsync(TestHost.Cancelled))
            .ShouldBe($$$"""{"status":"{{{word}}}","checks":{"storage":"ok","plans":"ok","ledger":"{{{ledger}}}"}}""");

        using var measurements = new Measurements(_host.Services.GetRequiredService<QuotaMetrics>());
        var states = measurements.Ask("functionsapi.ledger.state");
        states.Keys.ShouldBe(["well", "slow", "contended", "away"]);
        states.ShouldAllBe(measured => measured.Value == (measured.Key == state.Name() ? 1 : 0));
        if (state == LedgerState.Slow)
            measurements.Ask("functionsapi.ledger.overdue")[""].ShouldBe(1);
    }

    private IReadOnlyList<string> Told() =>
        [.. _logs.Lines.Select(line => line.Trim()).Where(line => line.Contains("The ledger", StringComparison.Ordinal))];
}
