using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using Shouldly;
using Xunit;
using Counts = System.Collections.Immutable.ImmutableSortedDictionary<string, long>;

namespace FunctionsApi.Tests.Usage;

/// <summary>What of a request is counted, and under which name.</summary>
public sealed class UsageCounterTests : RecordingTests
{
    [Theory]
    [InlineData(Outcome.Admitted, 1)]
    [InlineData(Outcome.Refused, 1)]
    [InlineData(Outcome.ExceedsLimit, 0)]
    [InlineData(Outcome.Unavailable, 1)]
    [InlineData(Outcome.Peeked, 0)]
    public void An_outcome_counts_once_or_not_at_all(Outcome outcome, long counted)
    {
        _search.Decided(Decision(outcome));

        var totals = Remembered();
        (totals.Admitted + totals.Refused + totals.Unavailable).ShouldBe(counted);
    }

    [Theory]
    [InlineData(200, 0, 0)]
    [InlineData(304, 0, 0)]
    [InlineData(400, 1, 0)]
    [InlineData(429, 0, 0)]
    [InlineData(499, 1, 0)]
    [InlineData(500, 0, 1)]
    [InlineData(503, 0, 0)]
    [InlineData(504, 0, 1)]
    public void An_answer_counts_as_an_error_unless_the_decision_has_counted_it(int status, long client, long server)
    {
        _search.Answered(status);

        var totals = Remembered();
        totals.ClientErrors.ShouldBe(client);
        totals.ServerErrors.ShouldBe(server);
    }

    [Fact]
    public async Task A_shadow_refusal_is_counted_under_its_policys_name()
    {
        var decision = Decision(Outcome.Admitted);
        decision.ShadowRefusals = 0b10;
        _search.Decided(decision);
        _search.Decided(decision);

        await _recorder.FlushAsync(Cancel);

        (await StoredAsync()).ShouldHaveSingleItem().Totals.ShadowRefused
            .ShouldBe(Counts.Empty.Add("trial", 2));
    }

    [Fact]
    public async Task A_refusal_is_counted_under_the_name_of_the_policy_that_refused()
    {
        _search.Decided(Decision(Outcome.Refused, binding: 0));
        _search.Decided(Decision(Outcome.Refused, binding: 1));
        _search.Decided(Decision(Outcome.Refused, binding: 1));

        await _recorder.FlushAsync(Cancel);

        var totals = (await StoredAsync()).ShouldHaveSingleItem().Totals;
        totals.RefusedBy.ShouldBe(Counts.Empty.Add("requests-per-hour", 1).Add("trial", 2));
        totals.Refused.ShouldBe(3);
    }

    [Fact]
    public async Task No_count_is_lost_between_many_counting_threads_and_flushes()
    {
        const int Threads = 8, Each = 20_000;
        using var done = new CancellationTokenSource();
        var flushing = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
                await _recorder.FlushAsync(Cancel);
        }, Cancel);
        Parallel.For(0, Threads, new() { MaxDegreeOfParallelism = Threads }, thread =>
        {
            var counter = _recorder.Counter("acme", $"k{thread % 2}", ApiKind.Agents, "search");
            for (var i = 0; i < Each; i++)
                counter.Decided(Decision(Outcome.Admitted));
        });
        await done.CancelAsync();
        await flushing;

        await _recorder.FlushAsync(Cancel);

        (await StoredAsync()).Sum(row => row.Totals.Admitted).ShouldBe(Threads * Each);
    }

    [Fact]
    public async Task Counting_in_an_open_hour_allocates_nothing()
    {
        var decision = Decision(Outcome.Admitted);
        decision.ShadowRefusals = 0b10;
        _search.Decided(decision);
        await _recorder.FlushAsync(Cancel);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            _search.Decided(decision);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }
}
