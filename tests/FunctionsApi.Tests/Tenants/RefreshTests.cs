using System.Net;
using System.Net.Http.Json;
using FunctionsApi.Auth;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;
using FunctionsApi.Tenants;
using FunctionsApi.Tests.Ledgers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Tenants;

/// <summary>How instances follow what is changed by others, and what that costs.</summary>
public sealed class RefreshTests
{
    [Fact(Timeout = 30_000)]
    public async Task Plans_overrides_and_revocations_hold_on_another_instance_within_30_seconds()
    {
        var store = new InMemoryTableStore();
        await using var changed = await TestHost.StartAsync(store: store);
        await using var other = await TestHost.StartAsync(store: store);
        await other.SubscribeAsync("plain", inference: "pro");
        await other.SubscribeAsync("special", inference: "pro");
        using var plain = await other.ClientAsync("plain", "u1");
        using var special = await other.ClientAsync("special", "u1");
        var (record, key) = await changed.Services.GetRequiredService<KeyTable>().CreateAsync(new("plain", "u2"), null, TestHost.Cancelled);
        using var revoked = other.ClientWith(key);
        foreach (var client in new[] { plain, special, revoked })
            (await InferAsync(client)).Limit.ShouldBe("120");

        await changed.Services.GetRequiredService<PlanTable>().WriteAsync(PlansInForce.Embedded.Json.Replace("120", "121"), TestHost.Cancelled);
        await changed.Services.GetRequiredService<TenantTable>().ChangeAsync(
            "special",
            before => before.With(ApiKind.Inference, before.Inference with { Limits = before.Inference.Limits.Add("requests-per-minute", new(500)) }),
            TestHost.Cancelled);
        await changed.Services.GetRequiredService<KeyTable>().RevokeAsync(record.Id, TestHost.Cancelled);
        other.Time.Advance(TimeSpan.FromSeconds(29));

        await UntilAsync(async () => (await InferAsync(plain)).Limit == "121");
        await UntilAsync(async () => (await InferAsync(special)).Limit == "500");
        (await InferAsync(revoked)).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact(Timeout = 30_000)]
    public async Task Two_attempts_that_time_out_leave_time_for_a_third()
    {
        var (store, time) = (new ObservedStore(), new ManualTime());
        using var directory = new TenantDirectory(new(store), new(store), time, new LogLines<TenantDirectory>());
        using var refresher = new TenantRefresher(directory, time, new Longest());
        await refresher.StartAsync(TestHost.Cancelled);
        var before = time.GetUtcNow();
        store.Hangs = true;
        var begun = store.Reads.Count;
        for (var attempt = 1; attempt <= 2; attempt++)
        {
            await PassUntilAsync(time, () => store.Reads.Count == begun + attempt);
            var failed = time.GetUtcNow() + TimeSpan.FromSeconds(5);
            await PassUntilAsync(time, () => time.GetUtcNow() >= failed);
        }

        store.Hangs = false;
        await PassUntilAsync(time, () => store.Reads.Count > begun + 2);
        (time.GetUtcNow() - before).ShouldBeLessThan(TimeSpan.FromSeconds(25));
        await refresher.StopAsync(TestHost.Cancelled);
    }

    [Fact]
    public async Task Revocations_that_cannot_be_read_in_time_keep_nobody_waiting_for_longer_than_5_seconds()
    {
        var (store, time) = (new ObservedStore(), new ManualTime());
        var revocations = new KeyRevocations(new(store, time), time, NullLogger<KeyRevocations>.Instance);
        (await revocations.RenewAsync()).ShouldBeTrue();
        store.Hangs = true;
        time.Advance(TimeSpan.FromSeconds(26));

        var renewing = revocations.RenewAsync().AsTask();
        time.Advance(TimeSpan.FromSeconds(5));
        (await renewing).ShouldBeTrue();
    }

    [Fact]
    public async Task An_attempt_that_failed_long_ago_is_no_reason_to_believe_a_key()
    {
        var (store, time) = (new ObservedStore(), new ManualTime());
        var revocations = new KeyRevocations(new(store, time), time, NullLogger<KeyRevocations>.Instance);
        await revocations.RenewAsync();
        store.Failure = new TableStoreException("Away.");
        time.Advance(TimeSpan.FromSeconds(26));
        (await revocations.RenewAsync()).ShouldBeTrue();
        revocations.AreCurrent(time.GetUtcNow().UtcTicks).ShouldBeTrue();

        store.Failure = null;
        time.Advance(TimeSpan.FromSeconds(10));
        var reads = store.Reads.Count;
        (await revocations.RenewAsync()).ShouldBeTrue();
        store.Reads.Count.ShouldBeGreaterThan(reads);
    }

    [Fact(Timeout = 30_000)]
    public async Task An_idle_instance_reads_plans_and_tenants_8_times_a_minute_and_a_busy_one_revocations_too()
    {
        var time = new ManualTime();
        var store = new UnreliableStore(time);
        await using var host = await TestHost.StartAsync(store: store);
        await host.SubscribeAsync("acme", inference: "pro");
        using var client = await host.ClientAsync("acme", "u1");
        await InferAsync(client);
        store.Asked.Clear();

        for (var second = 0; second < 60; second++)
        {
            host.Time.Advance(TimeSpan.FromSeconds(1));
            await InferAsync(client);
        }

        await UntilAsync(() => Task.FromResult(Count(store, "get plans") >= 5 && Count(store, "get tenants") >= 5));
        Count(store, "get plans").ShouldBeLessThanOrEqualTo(8);
        Count(store, "get tenants").ShouldBeLessThanOrEqualTo(8);
        Count(store, "get revision").ShouldBeInRange(5, 8);
        Count(store, "query Tenants").ShouldBe(0);
    }

    private static int Count(UnreliableStore store, string operation)
    {
        lock (store.Asked)
            return store.Operations.Count(asked => asked == operation);
    }

    private static async Task<(HttpStatusCode Status, string? Limit)> InferAsync(HttpClient client)
    {
        using var response = await client.PostAsJsonAsync("/infer", new { deployment_id = "echo", inputs = new { } }, TestHost.Cancelled);
        return (response.StatusCode, response.Headers.TryGetValues("X-RateLimit-Limit", out var limit) ? limit.Single() : null);
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        while (!await isSo())
        {
            TestHost.Cancelled.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>Lets time pass slowly enough for whatever it sets going on other threads.</summary>
    private static async Task PassUntilAsync(ManualTime time, Func<bool> isSo)
    {
        while (!isSo())
        {
            TestHost.Cancelled.ThrowIfCancellationRequested();
            time.Advance(TimeSpan.FromMilliseconds(50));
            // The refresher runs on the pool: this test stays off it for long enough that the refresher has its turn.
            await Task.Factory.StartNew(static () => { }, TestHost.Cancelled, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    private sealed class Longest : Random
    {
        public override double NextDouble() => 1;
    }
}
