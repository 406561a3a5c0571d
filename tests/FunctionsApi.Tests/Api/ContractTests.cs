using System.Runtime.CompilerServices;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Api;

/// <summary>
/// Whole responses, compared with the files in Contracts/. Where a response was meant to change, run the tests with
/// UPDATE_CONTRACTS=1 and read the difference.
/// </summary>
public sealed class ContractTests
{
    private static readonly Charge OnePermit = new(
        new([new() { Name = "requests-per-hour", Algorithm = Algorithm.FixedWindow, Limit = 10, Window = TimeSpan.FromHours(1) }]),
        [new(0, 1)]);

    private static readonly (string Path, string Plan)[] Apis = [(StandIns.Infer, "pro"), (StandIns.Crawl, "free")];

    [Theory]
    [InlineData("answered", "{}")]
    [InlineData("refused", "{}", "all")]
    [InlineData("exceeds-limit", """{"weight":100000}""")]
    [InlineData("api-error", """{"before":"refuse"}""")]
    [InlineData("broken", """{"before":"break"}""")]
    [InlineData("broken-after-admission", """{"then":"break","weight":2}""")]
    [InlineData("broken-after-answer", """{"after":"break"}""")]
    [InlineData("store-lost", """{"before":"lose-store"}""")]
    [InlineData("malformed", """{"a":""")]
    [InlineData("missing-body", "")]
    [InlineData("too-large", """{"a":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}""")]
    public async Task What_the_endpoint_of_a_known_caller_answers(string name, string body, string? before = null)
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        await CompareAsync(host, name, body, before);
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

    [Theory]
    [InlineData("no-credential", "")]
    [InlineData("bad-credential", "Authorization: Bearer fa_00000000000000000000000000000000")]
    [InlineData("other-scheme", "Authorization: Basic YTpi")]
    [InlineData("two-credentials", "Authorization: Bearer a\nAuthorization: Bearer b")]
    public async Task What_an_unknown_caller_is_answered(string name, string authorization)
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        await CompareAllAsync(name, (path, accept) => Wire.SendAsync(host, Request("POST", path, authorization, accept, "{}")));
    }

    [Theory]
    [InlineData("no-subscription", "acme", "{}")]
    [InlineData("unknown-route", "acme", "/nowhere")]
    public async Task What_else_a_known_caller_is_answered(string name, string tenant, string rest)
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        if (name != "no-subscription")
            await host.SubscribeAsync(tenant, "pro", "free");
        var key = await host.KeyAsync(tenant, "alice");
        await CompareAllAsync(name, (path, accept) =>
            Wire.SendAsync(host, Request("POST", rest[0] == '/' ? path + rest : path, $"Authorization: Bearer {key}", accept, "{}")));
    }

    [Fact]
    public async Task What_a_wrong_method_is_answered()
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        var key = await host.KeyAsync("acme", "alice", "pro", "free");
        await CompareAllAsync("wrong-method", (path, accept) =>
            Wire.SendAsync(host, Request("DELETE", path, $"Authorization: Bearer {key}", accept, "")));
    }

    [Fact]
    public async Task What_a_tenant_whose_limits_are_not_set_is_answered()
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        var key = await host.KeyAsync("acme", "alice", "pro", "enterprise");
        Compare("limits-not-set.agents", await Wire.SendAsync(host, Request("POST", StandIns.Crawl, $"Authorization: Bearer {key}", "", "{}")));
    }

    [Fact]
    public async Task What_an_address_that_guesses_keys_is_answered()
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        for (var i = 0; i < 20; i++)
            await Wire.SendAsync(host, Request("POST", StandIns.Infer, $"Authorization: Bearer fa_{i:d32}", "", "{}"));
        await CompareAllAsync("guessed", (path, accept) =>
            Wire.SendAsync(host, Request("POST", path, "Authorization: Bearer fa_99999999999999999999999999999999", accept, "{}")));
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

    private async Task CompareAsync(TestHost host, string name, string body, string? before = null)
    {
        await CompareAllAsync(name, async (path, accept) =>
        {
            var plan = Apis.Single(api => api.Path == path).Plan;
            var authorization = $"Authorization: Bearer {await host.KeyAsync("acme", Guid.NewGuid().ToString("N"), plan, plan)}";
            if (before is not null)
                await Wire.SendAsync(host, Request("POST", path, authorization, "", $$"""{"weight":{{(plan == "pro" ? 120 : 10)}}}"""));
            return await Wire.SendAsync(host, Request("POST", path, authorization, accept, body));
        });
    }

    private async Task CompareAllAsync(string name, Func<string, string, Task<string>> ask)
    {
        foreach (var (path, _) in Apis)
        {
            var api = path == StandIns.Infer ? "inference" : "agents";
            Compare($"{name}.{api}", await ask(path, ""));
            Compare($"{name}.{api}.problem", await ask(path, "Accept: application/problem+json"));
        }
    }

    private static string Request(string method, string path, string authorization, string accept, string body) =>
        string.Join('\n', ((string[])[$"{method} {path} HTTP/1.1", authorization, accept]).Where(line => line.Length > 0)) + $"\n\n{body}";

    private void Compare(string name, string response)
    {
        var file = Path.Combine(Directory, $"{name}.http");
        if (Environment.GetEnvironmentVariable("UPDATE_CONTRACTS") == "1")
            File.WriteAllText(file, response + "\n");
        response.ShouldBe(File.ReadAllText(file).ReplaceLineEndings("\n").TrimEnd('\n'), name);
    }

    internal static string Directory { get; } = Path.Combine(Path.GetDirectoryName(Here())!, "Contracts");

    private static string Here([CallerFilePath] string path = "") => path;
}
