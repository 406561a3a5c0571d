using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Contract;

public abstract partial class TableStoreContract
{
    [Fact]
    public async Task Concurrent_increments_of_one_row_lose_nothing()
    {
        await MustPut("p", "r", 0L);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(IncrementRepeatedly, Cancellation)));

        (await Read("p", "r")).ShouldBe(100L);

        async Task IncrementRepeatedly()
        {
            for (var done = 0; done < 25;)
            {
                var row = (await Get("p", "r")).ShouldNotBeNull();
                if (await Put("p", "r", (long)row.Values["v"] + 1, PutCondition.IfMatch(row.ETag)) is not null)
                    done++;
            }
        }
    }

    [Fact]
    public async Task Of_many_who_want_a_row_absent_one_writes_it()
    {
        var eTags = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Put("p", "r", (long)i, PutCondition.IfAbsent)));

        var winner = eTags.Where(eTag => eTag is not null).ShouldHaveSingleItem();
        (await Get("p", "r"))!.ETag.ShouldBe(winner);
    }

    [Fact]
    public async Task Concurrent_writes_of_different_rows_all_happen()
    {
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => MustPut($"p{i % 10}", $"{i}", (long)i)));

        (await Query(new())).Select(row => (long)row.Values["v"]).Order().ShouldBe(Enumerable.Range(0, 100).Select(i => (long)i));
    }

    [Fact]
    public async Task A_caller_that_has_given_up_is_told_so()
    {
        var cancelled = new CancellationToken(canceled: true);
        await MustPut("p", "r", 1L);

        await GivenUp(() => Store.GetAsync(Table, new("p", "r"), cancelled));
        await GivenUp(() => Store.PutAsync(Table, Row("p", "r", 2L), cancelled));
        await GivenUp(() => Store.DeleteAsync(Table, new("p", "r"), null, cancelled));
        await GivenUp(() => Store.BatchAsync(Table, [Row("p", "r", 2L)], cancelled));
        await GivenUp(async () => await Store.QueryAsync(Table, new(), cancelled).AnyAsync(Cancellation));
        await GivenUp(async () => await Store.QueryAsync(Table, new(), Cancellation).AnyAsync(cancelled));
    }

    [Fact]
    public async Task An_enumeration_stops_when_its_caller_gives_up()
    {
        await Batch([.. Enumerable.Range(0, 10).Select(i => Row("p", $"{i}", 1L))]);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var seen = 0;

        await GivenUp(async () =>
        {
            await foreach (var row in Store.QueryAsync(Table, new() { Partition = "p" }, giveUp.Token))
            {
                if (++seen == 3)
                    await giveUp.CancelAsync();
            }
        });

        seen.ShouldBe(3);
    }

    private static Task<OperationCanceledException> GivenUp(Func<Task> call) => Should.ThrowAsync<OperationCanceledException>(call);
}
