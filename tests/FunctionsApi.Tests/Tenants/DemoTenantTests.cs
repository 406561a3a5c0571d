using System.Net;
using System.Text;
using FunctionsApi.Storage;
using FunctionsApi.Tenants;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Tenants;

public sealed class DemoTenantTests
{
    [Fact]
    public async Task A_new_store_gets_keys_that_work()
    {
        var store = new InMemoryTableStore();
        var keys = await DemoTenant.CreateAsync(store, new ManualTime(), TestHost.Cancelled);
        keys.Select(key => (key.Inference, key.Agents)).ShouldBe([("pro", "free"), ("team", "pro"), ("enterprise", "enterprise")]);

        await using var host = await TestHost.StartAsync(store: store);
        foreach (var (key, limit) in keys.Zip(["120", "300", "1000"]))
        {
            using var client = host.ClientWith(key.Key);
            using var response = await client.PostAsync(
                "/infer", new StringContent("""{"deployment_id":"echo","inputs":{}}""", Encoding.UTF8, "application/json"), TestHost.Cancelled);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            response.Headers.GetValues("X-RateLimit-Limit").Single().ShouldBe(limit);
        }
    }

    [Fact]
    public async Task A_store_that_has_been_used_is_left_alone()
    {
        var store = new InMemoryTableStore();
        await using (var host = await TestHost.StartAsync(store: store))
            await host.KeyAsync("acme", "alice");
        (await DemoTenant.CreateAsync(store, new ManualTime(), TestHost.Cancelled)).ShouldBeEmpty();

        var other = new InMemoryTableStore();
        await using (var host = await TestHost.StartAsync(store: other))
            await host.SubscribeAsync("acme", "pro");
        (await DemoTenant.CreateAsync(other, new ManualTime(), TestHost.Cancelled)).ShouldBeEmpty();
    }
}
