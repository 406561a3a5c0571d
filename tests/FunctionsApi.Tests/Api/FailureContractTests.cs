using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Api;

/// <summary>Whole answers of what no client can bring about from outside: endpoints and stores that fail, and the address that guesses keys.</summary>
public sealed class FailureContractTests
{
    private static readonly Charge OnePermit = new(
        new([new() { Name = "requests-per-hour", Algorithm = Algorithm.FixedWindow, Limit = 10, Window = TimeSpan.FromHours(1) }]),
        [new(0, 1)]);

    [Theory]
    [InlineData("exceeds-limit", """{"weight":100000}""")]
    [InlineData("broken", """{"before":"break"}""")]
    [InlineData("broken-after-admission", """{"then":"break","weight":2}""")]
    [InlineData("broken-after-answer", """{"after":"break"}""")]
    [InlineData("store-lost", """{"before":"lose-store"}""")]
    public async Task What_the_endpoint_of_a_known_caller_answers(string name, string body)
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        await CompareAsync(host, name, body);
    }

    [Theory]
    [InlineData("unavailable", "{}")]
    public async Task What_is_answered_while_the_ledger_is_away(string name, string body)
    {
        await using var host = await TestHost.StartAsync(
            new() { ["Quotas:WhenLedgerUnavailable"] = "deny" }, functions: StandIns.All, ledger: new AwayLedger());
        await FindAwayAsync(host);
        await CompareAsync(host, name, body);
    }

    [Fact]
    public async Task What_an_address_that_guesses_keys_is_answered()
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        for (var i = 0; i < 20; i++)
            await Wire.SendAsync(host.Address, Request(StandIns.Infer, $"fa_{i:d32}", "", "{}"));
        await CompareAllAsync("guessed", (path, accept) =>
            Wire.SendAsync(host.Address, Request(path, "fa_99999999999999999999999999999999", accept, "{}")));
    }

    /// <summary>Until a minute later, when the limiter has long known that its ledger is away.</summary>
    private static async Task FindAwayAsync(TestHost host)
    {
        var later = host.Time.GetUtcNow().AddMinutes(1);
        var limiter = host.Services.GetRequiredService<QuotaLimiter>();
        var known = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        limiter.OutageChanged += _ => known.TrySetResult(true);
        await host.WhileTimePassesAsync(limiter.AcquireAsync("key:k1", OnePermit, TestHost.Cancelled).AsTask());
        await host.WhileTimePassesAsync(known.Task);
        host.Time.GetUtcNow().ShouldBeLessThan(later);
        host.Time.Advance(later - host.Time.GetUtcNow());
    }

    private static Task CompareAsync(TestHost host, string name, string body) => CompareAllAsync(name, async (path, accept) =>
    {
        var plan = path == StandIns.Infer ? "pro" : "free";
        return await Wire.SendAsync(host.Address, Request(path, await host.KeyAsync("acme", Guid.NewGuid().ToString("N"), plan, plan), accept, body));
    });

    private static async Task CompareAllAsync(string name, Func<string, string, Task<string>> ask)
    {
        foreach (var (path, api) in ((string, string)[])[(StandIns.Infer, "inference"), (StandIns.Crawl, "agents")])
        {
            ContractFiles.Compare($"{name}.{api}.http", await ask(path, ""));
            ContractFiles.Compare($"{name}.{api}.problem.http", await ask(path, "\nAccept: application/problem+json"));
        }
    }

    private static string Request(string path, string key, string accept, string body) =>
        $"POST {path} HTTP/1.1\nAuthorization: Bearer {key}{accept}\n\n{body}";
}
