using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Storage;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents;

public sealed class HeldMessagesTests
{
    private static readonly TimeSpan HideFor = TimeSpan.FromMinutes(1);

    private readonly ManualTime _time = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_that_comes_again_to_the_same_process_is_lost_to_its_first_run_alone()
    {
        var queue = new CrawlQueue(new TableQueue(new InMemoryTableStore(), _time));
        var held = new HeldMessages(queue, _time);
        await queue.SendAsync("acme", "job", Cancel);
        var first = (await queue.ReceiveAsync(HideFor, Cancel)).ShouldNotBeNull();
        held.Hold(first, HideFor);
        _time.Advance(HideFor);
        var second = (await queue.ReceiveAsync(HideFor, Cancel)).ShouldNotBeNull();
        var again = held.Hold(second, HideFor);
        _time.Advance(HideFor / 2);

        (await held.StayAsync(first.Id, first.DequeueCount, Cancel)).ShouldBeFalse();
        (await held.StayAsync(second.Id, second.DequeueCount, Cancel)).ShouldBeTrue();

        held.Release(again);
        (await held.StayAsync(first.Id, first.DequeueCount, Cancel)).ShouldBeFalse();
    }

    [Fact]
    public async Task What_the_host_holds_stays() =>
        (await new HeldMessages(new(new TableQueue(new InMemoryTableStore(), _time)), _time).StayAsync("1", 1, Cancel)).ShouldBeTrue();
}
