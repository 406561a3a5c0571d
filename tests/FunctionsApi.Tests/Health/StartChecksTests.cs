using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;
using FunctionsApi.Tenants;
using FunctionsApi.Tests.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Health;

public sealed class StartChecksTests
{
    [Fact]
    public async Task The_plans_of_the_store_are_in_force_when_the_server_starts()
    {
        var store = new InMemoryTableStore();
        await new PlanTable(store).WriteAsync(PlansInForce.Embedded.Json.Replace("120", "121"), TestHost.Cancelled);

        await using var host = await TestHost.StartAsync(store: store);

        host.Services.GetRequiredService<TenantDirectory>().Plans[ApiKind.Inference].Find("pro")!.Policies.Policies[0].Limit.ShouldBe(121);
    }

    [Fact]
    public async Task A_server_does_not_start_on_a_store_that_fails()
    {
        var store = new ObservedStore { Failure = new TableStoreException("The disk is gone.") };

        (await Should.ThrowAsync<TableStoreException>(() => TestHost.StartAsync(store: store))).Message.ShouldBe("The disk is gone.");
    }
}
