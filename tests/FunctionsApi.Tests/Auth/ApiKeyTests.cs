using System.Net;
using FunctionsApi.Auth;
using FunctionsApi.Storage;
using FunctionsApi.Tests.Api;
using FunctionsApi.Tests.Usage;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Auth;

public sealed class ApiKeyTests
{
    [Fact]
    public void A_key_has_32_random_characters()
    {
        var keys = Enumerable.Range(0, 100).Select(_ => ApiKey.Create()).ToList();
        keys.ShouldAllBe(key => key.Length == 35 && ApiKey.IsWellFormed(key));
        keys.Distinct().Count().ShouldBe(100);
    }

    [Fact]
    public async Task Of_a_key_only_its_hash_is_stored()
    {
        await using var host = await TestHost.StartAsync();
        var key = await host.KeyAsync("acme", "alice", "pro");
        var secret = key[8..];
        foreach (var table in new[] { "Keys", "KeysById" })
            await foreach (var row in host.Store.QueryAsync(table, new(), TestHost.Cancelled))
                row.Values.Values.ShouldAllBe(value => !$"{value}".Contains(secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_revoked_key_is_refused_by_an_instance_that_knew_it_within_30_seconds()
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        var (record, key) = await Keys(host).CreateAsync(new("acme", "alice", "pro"), null, TestHost.Cancelled);
        (await StatusAsync(host, key)).ShouldBe(HttpStatusCode.OK);

        await Keys(host).RevokeAsync(record.Id, TestHost.Cancelled);
        host.Time.Advance(TimeSpan.FromSeconds(30));
        (await StatusAsync(host, key)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_busy_instance_learns_of_a_revocation_in_the_background()
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        var (record, key) = await Keys(host).CreateAsync(new("acme", "alice", "pro"), null, TestHost.Cancelled);
        var other = await host.KeyAsync("acme", "bob", "pro");
        await StatusAsync(host, key);
        await Keys(host).RevokeAsync(record.Id, TestHost.Cancelled);
        host.Time.Advance(TimeSpan.FromSeconds(11));
        while (await StatusAsync(host, key) == HttpStatusCode.OK)
            await Task.Yield();
        (await StatusAsync(host, other)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_key_expires_on_time_although_it_is_remembered()
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        var (_, key) = await Keys(host).CreateAsync(new("acme", "alice", "pro"), TimeSpan.FromSeconds(5), TestHost.Cancelled);
        (await StatusAsync(host, key)).ShouldBe(HttpStatusCode.OK);
        host.Time.Advance(TimeSpan.FromSeconds(5));
        (await StatusAsync(host, key)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_known_key_goes_on_working_for_15_minutes_while_the_store_is_away()
    {
        var store = new FailingTableStore(new InMemoryTableStore());
        await using var host = await TestHost.StartAsync(store: store, functions: StandIns.All);
        var (known, unknown) = (await host.KeyAsync("acme", "alice", "pro"), await host.KeyAsync("acme", "bob", "pro"));
        (await StatusAsync(host, known)).ShouldBe(HttpStatusCode.OK);

        store.Fails = true;
        host.Time.Advance(TimeSpan.FromMinutes(14));
        (await host.WhileTimePassesAsync(StatusAsync(host, known))).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(host, unknown)).ShouldBe(HttpStatusCode.ServiceUnavailable);
        host.Time.Advance(TimeSpan.FromMinutes(1));
        (await StatusAsync(host, known)).ShouldBe(HttpStatusCode.ServiceUnavailable);

        store.Fails = false;
        (await StatusAsync(host, known)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_unknown_key_is_not_looked_up_again_for_a_while()
    {
        var store = new CountingTableStore(new InMemoryTableStore());
        await using var host = await TestHost.StartAsync(store: store, functions: StandIns.All);
        await StatusAsync(host, "fa_00000000000000000000000000000000");
        var before = store.Reads;
        for (var i = 0; i < 5; i++)
            (await StatusAsync(host, "fa_00000000000000000000000000000000")).ShouldBe(HttpStatusCode.Unauthorized);
        store.Reads.ShouldBe(before);
    }

    [Fact]
    public async Task A_known_key_costs_no_reading()
    {
        var store = new CountingTableStore(new InMemoryTableStore());
        await using var host = await TestHost.StartAsync(store: store, functions: StandIns.All);
        var key = await host.KeyAsync("acme", "alice", "pro");
        await StatusAsync(host, key);
        var before = store.Reads;
        for (var i = 0; i < 5; i++)
            (await StatusAsync(host, key)).ShouldBe(HttpStatusCode.OK);
        store.Reads.ShouldBe(before);
    }

    [Fact]
    public async Task Guessing_is_limited_and_good_keys_from_the_same_address_still_work()
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        var (known, fresh) = (await host.KeyAsync("acme", "alice", "pro"), await host.KeyAsync("acme", "bob", "pro"));
        await StatusAsync(host, known);
        for (var i = 0; i < GuessLimiter.Limit; i++)
            (await StatusAsync(host, $"fa_{i:d32}")).ShouldBe(HttpStatusCode.Unauthorized);

        using (var refused = await PostAsync(host, StandIns.Infer, "fa_99999999999999999999999999999999"))
        {
            refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            refused.Headers.RetryAfter.ShouldNotBeNull().Delta.ShouldNotBeNull().ShouldBeInRange(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        }

        (await StatusAsync(host, known)).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(host, fresh)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task New_keys_get_in_among_a_crowd_of_guesses_from_their_address()
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        var good = new List<string>();
        for (var i = 0; i < 20; i++)
            good.Add(await host.KeyAsync("acme", $"user-{i}", "pro"));
        for (var i = 0; i < GuessLimiter.Limit; i++)
            await StatusAsync(host, $"fa_{i:d32}");

        var guesses = Enumerable.Range(100, 100).Select(i => StatusAsync(host, $"fa_{i:d32}")).ToList();
        (await Task.WhenAll(good.Select(key => StatusAsync(host, key)))).ShouldAllBe(status => status == HttpStatusCode.OK);
        (await Task.WhenAll(guesses)).ShouldAllBe(status => status == HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task A_revocation_makes_no_other_key_be_read_again()
    {
        var store = new CountingTableStore(new InMemoryTableStore());
        await using var host = await TestHost.StartAsync(store: store, functions: StandIns.All);
        var key = await host.KeyAsync("acme", "alice", "pro");
        var (revoked, other) = await Keys(host).CreateAsync(new("other", "bob", "pro"), null, TestHost.Cancelled);
        await StatusAsync(host, key);
        await StatusAsync(host, other);

        await Keys(host).RevokeAsync(revoked.Id, TestHost.Cancelled);
        var before = store.Reads;
        host.Time.Advance(TimeSpan.FromSeconds(30));
        (await StatusAsync(host, key)).ShouldBe(HttpStatusCode.OK);
        store.Reads.ShouldBe(before);
        (await StatusAsync(host, other)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("Bearer  KEY")]
    [InlineData("Bearer \tKEY")]
    [InlineData("Bearer KEY KEY")]
    [InlineData("Bearer KEY, Bearer KEY")]
    [InlineData("Bearer KEY\u00a0")]
    [InlineData("Bearer\tKEY")]
    [InlineData("Bearer")]
    public async Task A_header_of_another_form_than_Bearer_and_a_credential_is_refused(string header)
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        var key = await host.KeyAsync("acme", "alice", "pro");
        (await StatusAsync(host, key)).ShouldBe(HttpStatusCode.OK);
        var response = await Wire.SendAsync(
            host.Address, $"POST {StandIns.Infer} HTTP/1.1\nAuthorization: {header.Replace("KEY", key, StringComparison.Ordinal)}\n\n{{}}");
        response.ShouldStartWith("HTTP/1.1 401 ");
    }

    [Fact]
    public async Task The_address_is_the_connections_and_not_the_one_that_a_client_claims()
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        var response = "";
        for (var i = 0; i <= GuessLimiter.Limit; i++)
            response = await Wire.SendAsync(
                host.Address, $"POST {StandIns.Infer} HTTP/1.1\nAuthorization: Bearer fa_{i:d32}\nX-Forwarded-For: 10.9.9.9, 10.0.0.{i}:1234\n\n{{}}");
        response.ShouldStartWith("HTTP/1.1 429 ");
    }

    [Fact]
    public async Task All_keys_of_a_user_share_the_inference_limit_and_each_has_agents_limits_of_its_own()
    {
        await using var host = await TestHost.StartAsync(functions: StandIns.All);
        var (first, second) = (await host.KeyAsync("acme", "alice", "pro", "free"), await host.KeyAsync("acme", "alice", "pro", "free"));
        (await RemainingAsync(host, StandIns.Infer, first)).ShouldBe("119");
        (await RemainingAsync(host, StandIns.Infer, second)).ShouldBe("118");
        (await RemainingAsync(host, StandIns.Crawl, first)).ShouldBe("9");
        (await RemainingAsync(host, StandIns.Crawl, second)).ShouldBe("9");
    }

    private static KeyTable Keys(TestHost host) => host.Services.GetRequiredService<KeyTable>();

    private static async Task<HttpStatusCode> StatusAsync(TestHost host, string key)
    {
        using var response = await PostAsync(host, StandIns.Infer, key);
        return response.StatusCode;
    }

    private static async Task<string> RemainingAsync(TestHost host, string path, string key)
    {
        using var response = await PostAsync(host, path, key);
        return response.Headers.GetValues("X-RateLimit-Remaining").Single();
    }

    private static async Task<HttpResponseMessage> PostAsync(TestHost host, string path, string key)
    {
        using var client = host.ClientWith(key);
        return await client.PostAsync(path, new StringContent("{}", null, "application/json"), TestHost.Cancelled);
    }
}
