using System.Text.Json;
using FunctionsApi.Alerts;
using FunctionsApi.Tests.Tenants;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Alerts;

public sealed class AlertsCommandsTests : IAsyncLifetime
{
    private readonly CommandRun _run = new(("Crawl:AllowPrivateAddresses", "true"));
    private Receiver _receiver = null!;

    public async ValueTask InitializeAsync() => _receiver = await Receiver.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _run.DisposeAsync();
        await _receiver.DisposeAsync();
    }

    [Fact]
    public async Task What_is_set_is_listed_without_the_secret()
    {
        (await _run.RunAsync(
            "alerts", "set", "--tenant", "acme", "--url", "https://hooks.example.com/quota", "--rule", "agents/requests-per-day=10", "inference/requests-per-minute=0",
            "--digest", "true", "--unused-key-days", "14")).ShouldBe(0, _run.Error);
        var lines = _run.Output.Split(Environment.NewLine);
        lines[0].ShouldBe(
            "acme is told at https://hooks.example.com/quota of: agents requests-per-day 10% left, inference requests-per-minute 0% left; and by a digest each day. Every server follows within 10 s.");
        lines[1].ShouldStartWith("Secret: whsec_");

        (await _run.RunAsync("alerts", "list", "--tenant", "acme", "--json")).ShouldBe(0);
        _run.Output.ShouldBe(
            """[{"tenant":"acme","rules":[{"api":"agents","policy":"requests-per-day","remainingPercent":10},{"api":"inference","policy":"requests-per-minute","remainingPercent":0}],"webhook":"""
            + """{"url":"https://hooks.example.com/quota","state":"untried","secretCreatedAt":"2026-02-27T09:30:00Z"},"digest":{"enabled":true,"unusedKeyDays":14},"recent":[]}]""");
        (await _run.RunAsync("alerts", "list")).ShouldBe(0);
        _run.Output.ShouldContain("daily, keys unused for 14 days");
        _run.Output.ShouldNotContain("whsec_");
    }

    [Fact]
    public async Task What_is_not_named_stays_as_it_is()
    {
        await _run.RunAsync("alerts", "set", "--tenant", "acme", "--url", "https://hooks.example.com/quota", "--rule", "agents/requests-per-day=10");
        await _run.RunAsync("alerts", "set", "--tenant", "acme", "--digest", "true", "--json");
        var answer = JsonElement.Parse(_run.Output);
        answer.GetProperty("rules").GetArrayLength().ShouldBe(1);
        answer.GetProperty("digest").GetProperty("enabled").GetBoolean().ShouldBeTrue();
        answer.GetProperty("webhook").TryGetProperty("secret", out _).ShouldBeFalse();

        await _run.RunAsync("alerts", "set", "--tenant", "acme", "--no-rules", "--new-secret", "--json");
        answer = JsonElement.Parse(_run.Output);
        answer.GetProperty("rules").GetArrayLength().ShouldBe(0);
        answer.GetProperty("webhook").GetProperty("secret").GetString().ShouldStartWith("whsec_");
    }

    [Fact]
    public async Task A_plus_sign_stands_as_itself_in_JSON_so_that_it_can_be_copied()
    {
        await _run.RunAsync("alerts", "set", "--tenant", "acme", "--url", "https://hooks.example.com/quota?for=a+b", "--json");

        _run.Output.ShouldContain("https://hooks.example.com/quota?for=a+b");
    }

    [Fact]
    public async Task A_test_tells_whether_it_arrived()
    {
        await _run.RunAsync("alerts", "set", "--tenant", "acme", "--url", $"{_receiver.Url}", "--json");
        var secret = JsonElement.Parse(_run.Output).GetProperty("webhook").GetProperty("secret").GetString()!;

        (await _run.RunAsync("alerts", "test", "--tenant", "acme")).ShouldBe(0);
        _run.Output.ShouldBe("The webhook of acme took the test.");
        (await _receiver.NextAsync()).ShouldBeSignedBy(secret);

        _receiver.Answer = Receiver.Status(404).Invoke;
        (await _run.RunAsync("alerts", "test", "--tenant", "acme", "--json")).ShouldBe(1);
        _run.Output.ShouldBe("""{"delivered":false,"failure":"The receiver answered 404."}""");
    }

    [Fact]
    public async Task What_is_deleted_is_gone()
    {
        await _run.RunAsync("alerts", "set", "--tenant", "acme", "--url", "https://hooks.example.com/quota");

        (await _run.RunAsync("alerts", "delete", "--tenant", "acme")).ShouldBe(0);

        _run.Output.ShouldBe("The alerts of acme are deleted.");
        await _run.OnStoreAsync(async store => (await new AlertTable(store).ListAsync(TestHost.Cancelled)).ShouldBeEmpty());
        (await _run.RunAsync("alerts", "delete", "--tenant", "acme")).ShouldBe(1);
        _run.Error.ShouldBe("Tenant acme has no alerts.");
    }

    [Theory]
    [InlineData("There is no webhook yet: give its --url.", "--digest", "true")]
    [InlineData("--url must be an absolute http or https URL of at most 2048 characters.", "--url", "hooks")]
    [InlineData("'requests-per-day' is no rule: give it as agents/requests-per-day=10, the API, the policy and a percentage of its limit.", "--rule", "requests-per-day")]
    [InlineData("A rule's threshold is a whole number from 0 to 99, in percent of the limit.", "--rule", "agents/requests-per-day=100")]
    [InlineData("Give --rule or --no-rules.", "--rule", "agents/requests-per-day=10", "--no-rules")]
    [InlineData("--unused-key-days is 1 to 90.", "--unused-key-days", "91")]
    public async Task What_cannot_be_is_told(string message, params string[] arguments)
    {
        (await _run.RunAsync(["alerts", "set", "--tenant", "acme", .. arguments])).ShouldBe(1);
        _run.Error.ShouldBe(message);
    }
}
