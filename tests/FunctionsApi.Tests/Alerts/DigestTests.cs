using System.Text.Json;
using FunctionsApi.Alerts;
using FunctionsApi.Alerts.Webhooks;
using FunctionsApi.Auth;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;
using FunctionsApi.Usage;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Alerts;

public sealed class DigestTests
{
    private readonly ManualTime _time = new(new(2026, 2, 27, 0, 30, 0, TimeSpan.Zero));
    private readonly InMemoryTableStore _store = new();
    private readonly Outbox _outbox;
    private readonly KeyTable _keys;

    public DigestTests() => (_outbox, _keys) = (new(_store, _time), new(_store, _time));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_says_what_was_used_on_the_day_that_is_over()
    {
        await SetAsync();
        await CountAsync("k1", "search", At(-1, 5), admitted: 7, refused: 1);
        await CountAsync("k1", "synthesize", At(-1, 23), admitted: 2, credits: 40);
        await CountAsync("k1", "search", At(0, 0), admitted: 100);
        await CountAsync("k1", "search", At(-2, 23), admitted: 100);

        await Writer().RunOnceAsync(Cancel);

        (await BodiesAsync()).ShouldHaveSingleItem().ShouldBe(
            """{"type":"usage.digest","timestamp":"2026-02-27T00:30:00Z","data":{"tenant":"acme","from":"2026-02-26T00:00:00Z","to":"2026-02-27T00:00:00Z","admitted":9,"refused":1,"credits":40,"lines":[]}}""");
    }

    [Fact]
    public async Task It_comes_once_a_day_from_several_instances_and_not_before_ten_past_midnight()
    {
        _time.SetTo(At(0, 0).AddMinutes(9));
        await SetAsync();
        var (one, other) = (Writer(), Writer());
        await one.RunOnceAsync(Cancel);
        (await BodiesAsync()).ShouldHaveSingleItem().ShouldContain("\"to\":\"2026-02-26T00:00:00Z\"");

        _time.SetTo(At(0, 0).AddMinutes(10));
        await one.RunOnceAsync(Cancel);
        await other.RunOnceAsync(Cancel);
        _time.SetTo(At(0, 22));
        await one.RunOnceAsync(Cancel);

        (await BodiesAsync()).Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(10, 0, true)]
    [InlineData(9, 0, false)]
    [InlineData(21, 10, true)]
    [InlineData(20, 10, false)]
    public async Task Refusals_that_more_than_doubled_are_a_line(int refused, int aDayBefore, bool rising)
    {
        await SetAsync();
        await CountAsync("k1", "search", At(-1, 12), refused: refused);
        for (var day = -8; day <= -2; day++)
            await CountAsync("k1", "search", At(day, 3), refused: aDayBefore);
        // By another policy, and on the day before those.
        await CountAsync("k1", "search", At(-3, 4), refused: 1000, policy: "requests-per-day");
        await CountAsync("k1", "search", At(-9, 3), refused: 1000);

        await Writer().RunOnceAsync(Cancel);

        (await LinesAsync()).ShouldBe(rising ? [$"agents requests-per-hour refused {refused} requests, and {aDayBefore} a day in the week before."] : []);
    }

    [Fact]
    public async Task A_good_key_that_was_long_unused_is_a_line()
    {
        _time.SetTo(At(-40, 0));
        var (unused, used, revoked) = (await KeyAsync("unused"), await KeyAsync("used"), await KeyAsync("revoked"));
        await _keys.CreateAsync(new("acme", "expired"), TimeSpan.FromDays(3), Cancel);
        await _keys.RevokeAsync(revoked.Id, Cancel);
        _time.SetTo(At(-29, 0));
        await KeyAsync("new");
        _time.SetTo(At(0, 1));
        await CountAsync(used.Id, "search", At(-29, 5), admitted: 1);
        await CountAsync(unused.Id, "search", At(-31, 5), admitted: 1);
        await SetAsync();

        await Writer().RunOnceAsync(Cancel);

        (await LinesAsync()).ShouldBe([$"The key {unused.Id} ({unused.Prefix}…) of unused has sent no request for 30 days. Revoke it if nobody needs it."]);
    }

    [Theory]
    [InlineData(29)]
    [InlineData(30)]
    public async Task Where_usage_is_kept_for_fewer_days_than_a_key_must_be_unused_no_key_is_named_and_one_line_says_so(int retainDays)
    {
        _time.SetTo(At(-40, 0));
        var key = await KeyAsync("alice");
        _time.SetTo(At(0, 1));
        await SetAsync();

        await Writer(retainDays).RunOnceAsync(Cancel);

        (await LinesAsync()).ShouldBe([retainDays < 30
            ? "Usage is kept for 29 days here, so that keys that have sent no request for 30 days cannot be told. Set unusedKeyDays to 29 or less."
            : $"The key {key.Id} ({key.Prefix}…) of alice has sent no request for 30 days. Revoke it if nobody needs it."]);
    }

    [Theory]
    [InlineData(9, false)]
    [InlineData(10, true)]
    public async Task Refusals_rise_only_where_the_week_before_is_still_kept(int retainDays, bool rising)
    {
        await SetAsync();
        await CountAsync("k1", "search", At(-1, 12), refused: 100);

        await Writer(retainDays).RunOnceAsync(Cancel);

        (await LinesAsync()).Any(line => line!.StartsWith("agents requests-per-hour refused 100", StringComparison.Ordinal)).ShouldBe(rising);
    }

    [Fact]
    public async Task Nobody_gets_one_who_did_not_ask_for_it()
    {
        await new AlertTable(_store).ChangeAsync("acme", before => before with { Webhook = Webhook.At(new("https://hooks.example.com"), At(0, 0)) }, Cancel);

        await Writer().RunOnceAsync(Cancel);

        (await BodiesAsync()).ShouldBeEmpty();
    }

    private static DateTimeOffset At(int day, int hour) => new DateTimeOffset(2026, 2, 27, 0, 0, 0, TimeSpan.Zero).AddDays(day).AddHours(hour);

    private async Task SetAsync() => await new AlertTable(_store).ChangeAsync(
        "acme",
        before => before with { Webhook = Webhook.At(new("https://hooks.example.com"), At(0, 0)), Digest = new() { IsOn = true } },
        Cancel);

    private DigestWriter Writer(int retainDays = 400)
    {
        var directory = new AlertDirectory(new(_store), _time);
        directory.RefreshNowAsync(Cancel).GetAwaiter().GetResult();
        return new(directory, _outbox, new(_store), TimeSpan.FromDays(retainDays), _keys, _time);
    }

    private async Task<KeyRecord> KeyAsync(string user) => (await _keys.CreateAsync(new("acme", user), null, Cancel)).Record;

    private Task CountAsync(string key, string endpoint, DateTimeOffset hour, int admitted = 0, int refused = 0, int credits = 0, string policy = "requests-per-hour") =>
        WriteAsync(new(new("acme", key, ApiKind.Agents, endpoint), hour, "i1", new()
        {
            Admitted = admitted,
            RefusedBy = refused == 0 ? UsageTotals.NoPolicies : UsageTotals.NoPolicies.Add(policy, refused),
            Credits = credits,
        }));

    private async Task WriteAsync(UsageRow row) => (await new UsageTable(_store).TryWriteAsync([(row, null)], Cancel)).ShouldNotBeNull();

    private async Task<IReadOnlyList<string>> BodiesAsync() =>
        [.. (await _outbox.ListAsync("acme", DateTimeOffset.UnixEpoch, Cancel)).Select(message => message.Body)];

    private async Task<IEnumerable<string?>> LinesAsync() =>
        JsonElement.Parse((await BodiesAsync()).ShouldHaveSingleItem()).GetProperty("data").GetProperty("lines").EnumerateArray()
            .Select(line => line.GetProperty("text").GetString());
}
