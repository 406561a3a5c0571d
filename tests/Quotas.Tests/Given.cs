using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Tests;

/// <summary>Policies and charges as tests need them.</summary>
internal static class Given
{
    public static Policy Sliding(int limit, double seconds = 60) => new()
    {
        Name = "requests-per-minute",
        Algorithm = Algorithm.SlidingWindow,
        Limit = limit,
        Window = TimeSpan.FromSeconds(seconds),
    };

    public static Policy Hourly(int limit, Burst? burst = null) => new()
    {
        Name = "requests-per-hour",
        Algorithm = Algorithm.FixedWindow,
        Limit = limit,
        Window = TimeSpan.FromHours(1),
        Burst = burst,
    };

    public static Policy Daily(int limit) => new()
    {
        Name = "requests-per-day",
        Algorithm = Algorithm.FixedWindow,
        Limit = limit,
        Window = TimeSpan.FromDays(1),
    };

    public static Policy Concurrency(int limit) => new()
    {
        Name = "concurrency",
        Algorithm = Algorithm.Concurrency,
        Limit = limit,
    };

    public static Burst TwiceForTenSeconds { get; } = new(2, TimeSpan.FromSeconds(10));

    /// <summary>One permit of each.</summary>
    public static Charge Charge(params Policy[] policies) =>
        new(new([.. policies]), [.. policies.Select((_, place) => new ChargeItem(place, 1))]);
}
