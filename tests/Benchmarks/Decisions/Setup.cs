using System.Threading.RateLimiting;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Benchmarks.Decisions;

/// <summary>The same policies for both sides, with limits that nobody reaches: what a decision costs when it is yes.</summary>
internal static class Setup
{
    public const int Keys = 1_000;
    private const int Limit = Policy.MaxLimit;

    public static string[] Partitions { get; } = [.. Enumerable.Range(0, Keys).Select(i => $"key:{i:D8}")];

    public static QuotaLimiter Ours() => new(new InMemoryLedger(), new(), TimeProvider.System);

    public static Charge AgentsCharge { get; } = Everything(
        new Policy { Name = "requests-per-hour", Algorithm = Algorithm.FixedWindow, Limit = Limit / 2, Window = TimeSpan.FromHours(1), Burst = new(2, TimeSpan.FromSeconds(10)) },
        new Policy { Name = "requests-per-day", Algorithm = Algorithm.FixedWindow, Limit = Limit, Window = TimeSpan.FromDays(1) },
        new Policy { Name = "concurrency", Algorithm = Algorithm.Concurrency, Limit = Limit },
        new Policy { Name = "crawl-per-hour", Algorithm = Algorithm.FixedWindow, Limit = Limit, Window = TimeSpan.FromHours(1) });

    public static Charge InferCharge { get; } = Everything(
        new Policy { Name = "requests-per-minute", Algorithm = Algorithm.SlidingWindow, Limit = Limit, Window = TimeSpan.FromSeconds(60) });

    public static PartitionedRateLimiter<string> TheirAgents() => PartitionedRateLimiter.CreateChained(
        Fixed(TimeSpan.FromHours(1)),
        Fixed(TimeSpan.FromDays(1)),
        Fixed(TimeSpan.FromHours(1)),
        PartitionedRateLimiter.Create<string, string>(key => RateLimitPartition.GetConcurrencyLimiter(
            key, _ => new() { PermitLimit = Limit })));

    public static PartitionedRateLimiter<string> TheirInfer() =>
        PartitionedRateLimiter.Create<string, string>(key => RateLimitPartition.GetSlidingWindowLimiter(
            key, _ => new() { PermitLimit = Limit, Window = TimeSpan.FromSeconds(60), SegmentsPerWindow = 60 }));

    private static PartitionedRateLimiter<string> Fixed(TimeSpan window) =>
        PartitionedRateLimiter.Create<string, string>(key => RateLimitPartition.GetFixedWindowLimiter(
            key, _ => new() { PermitLimit = Limit, Window = window }));

    private static Charge Everything(params Policy[] policies) =>
        new(new([.. policies]), [.. policies.Select((_, place) => new ChargeItem(place, 1))]);
}
