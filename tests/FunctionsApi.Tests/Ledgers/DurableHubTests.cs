using FunctionsApi.Ledgers;
using FunctionsApi.Quotas.Limiting;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Ledgers;

public sealed class DurableHubTests
{
    [Fact]
    public async Task A_hub_whose_place_the_host_has_not_told_is_slow_and_never_away()
    {
        await using var client = new HubClient(NullLogger<HubClient>.Instance);
        var hub = new DurableHub(client);

        var e = await Should.ThrowAsync<LedgerSlowException>(hub.ReadAsync("key:k1", new CancellationToken(canceled: true)));

        e.Message.ShouldBe("The Functions host has not said yet where its task hub is.");
    }
}
