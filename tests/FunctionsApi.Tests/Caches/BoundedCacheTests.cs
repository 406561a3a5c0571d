using FunctionsApi.Caches;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Caches;

public sealed class BoundedCacheTests
{
    [Fact]
    public void However_much_is_remembered_it_never_takes_more_than_its_bound_and_one_entry()
    {
        var cache = new BoundedCache<int>(100_000, static value => value);
        for (var i = 0; i < 2_000; i++)
        {
            cache.Set($"key-{i}", i % 900);
            cache.Bytes.ShouldBeInRange(0, 101_100);
        }

        cache.Values.Sum(value => value + 150L).ShouldBeLessThanOrEqualTo(cache.Bytes);
    }

    [Fact]
    public void What_is_asked_for_outlives_what_is_not()
    {
        var cache = new BoundedCache<string>(100_000, static _ => 100);
        cache.Set("asked for", "kept");
        for (var i = 0; i < 10_000; i++)
        {
            cache.Set($"key-{i}", "");
            cache.TryGet("asked for", out var kept).ShouldBeTrue();
            kept.ShouldBe("kept");
        }
    }

    [Fact]
    public void An_entry_that_is_replaced_or_removed_is_counted_once()
    {
        var cache = new BoundedCache<int>(1_000_000, static value => value);
        cache.Set("key", 10_000);
        var large = cache.Bytes;
        cache.Set("key", 4_000);
        cache.Bytes.ShouldBe(large - 6_000);
        cache.GetOrAdd("key", 9_000).ShouldBe(4_000);
        cache.Remove("key");
        cache.Remove("key");
        cache.Bytes.ShouldBe(0);
    }

    [Fact]
    public void A_look_up_allocates_nothing()
    {
        var cache = new BoundedCache<string>(1_000_000, static _ => 0);
        cache.Set("key", "value");
        cache.TryGet("Bearer key".AsSpan(7), out _).ShouldBeTrue();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
            cache.TryGet("Bearer key".AsSpan(7), out _);
        GC.GetAllocatedBytesForCurrentThread().ShouldBe(before);
    }
}
