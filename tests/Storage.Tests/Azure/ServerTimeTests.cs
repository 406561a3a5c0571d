using FunctionsApi.Storage.Azure;
using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Azure;

public sealed class ServerTimeTests(SharedAzurite shared)
{
    private const string Date = "Fri, 27 Feb 2026 09:30:00 GMT";

    private static readonly DateTimeOffset At = new(2026, 2, 27, 9, 30, 0, TimeSpan.Zero);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_answer_of_the_service_says_its_time_also_one_that_is_an_error()
    {
        var script = new Script(
            Script.Error(503, "ServerBusy", ("Date", Date)), Script.Error(404, "ResourceNotFound", ("Date", "Fri, 27 Feb 2026 09:30:01 GMT")));
        var said = new List<StoreTime>();
        await using var store = script.Store(onTime: said.Add);
        var before = TimeProvider.System.GetTimestamp();
        ((IStoreTime)store).Time.ShouldBeNull();

        await store.GetAsync("Quotas", new("p", "r"), Cancellation);

        said.Select(time => (time.At, time.Resolution)).ShouldBe([(At, TimeSpan.FromSeconds(1)), (At.AddSeconds(1), TimeSpan.FromSeconds(1))]);
        long[] timestamps = [before, said[0].Asked, said[0].Answered, said[1].Asked, said[1].Answered, TimeProvider.System.GetTimestamp()];
        timestamps.ShouldBeInOrder();
        ((IStoreTime)store).Time.ShouldBe(said[1]);
    }

    [Fact]
    public async Task The_time_of_somebody_else_is_not_believed()
    {
        var script = new Script(Script.Foreign(404, "<html>", headers: ("Date", Date)), Script.Error(404, "ResourceNotFound", ("Date", "yesterday")));
        var said = new List<StoreTime>();
        await using var store = script.Store(onTime: said.Add);

        await Should.ThrowAsync<TableStoreException>(() => store.GetAsync("Quotas", new("p", "r"), Cancellation));
        await store.GetAsync("Quotas", new("p", "r"), Cancellation);

        said.ShouldBeEmpty();
    }

    [Fact]
    public async Task Azurite_says_its_time()
    {
        var azurite = await shared.StartedAsync();
        await using var store = new AzureTableStore(
            StorageAccount.Parse(StorageService.Tables, azurite.ConnectionString), SharedAzurite.Options);
        var before = TimeProvider.System.GetUtcNow();

        await store.GetAsync("Quotas", new("p", "r"), Cancellation);

        var time = ((IStoreTime)store).Time.ShouldNotBeNull();
        time.At.ShouldBeInRange(before - time.Resolution, TimeProvider.System.GetUtcNow());
    }
}
