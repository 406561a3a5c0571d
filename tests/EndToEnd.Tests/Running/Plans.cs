namespace FunctionsApi.EndToEnd.Tests.Running;

/// <summary>Plan files with a window that fits a test: short enough to wait for, or too long to end during it.</summary>
internal static class Plans
{
    /// <summary>The plan of <see cref="DailyAndHourly"/> with a fixed window of a day.</summary>
    public const string Daily = "pro";

    /// <summary>The plan of <see cref="DailyAndHourly"/> with a sliding window of an hour.</summary>
    public const string Hourly = "team";

    private const int Ample = 1_000_000;

    /// <summary>For <c>/infer</c> two plans, each limited by another algorithm; the rest has more than any test uses.</summary>
    public static string DailyAndHourly(int limit) => Inference(
        """
        [{ "name": "daily", "algorithm": "fixed-window", "window": "1d" }, { "name": "hourly", "algorithm": "sliding-window", "window": "1h" }]
        """,
        $$"""{ "daily": {{limit}}, "hourly": {{Ample}} }""", $$"""{ "daily": {{Ample}}, "hourly": {{limit}} }""", $$"""{ "daily": {{Ample}}, "hourly": {{Ample}} }""");

    /// <summary>A limit for <c>/infer</c> in the plan <c>pro</c>, and another in <c>enterprise</c>.</summary>
    public static string Sliding(string window, int pro, int enterprise) => Inference(
        $$"""[{ "name": "requests", "algorithm": "sliding-window", "window": "{{window}}" }]""",
        $$"""{ "requests": {{pro}} }""", $$"""{ "requests": {{pro}} }""", $$"""{ "requests": {{enterprise}} }""");

    /// <summary>So many requests to <c>/infer</c> in flight at once, and as many as anybody likes one after the other.</summary>
    public static string Concurrency(int limit) => Inference(
        """[{ "name": "concurrency", "algorithm": "concurrency" }]""",
        $$"""{ "concurrency": {{limit}} }""", $$"""{ "concurrency": {{limit}} }""", $$"""{ "concurrency": {{limit}} }""");

    /// <inheritdoc cref="Limited"/>
    public static string Sliding(string window, int limit) => Limited("sliding-window", window, limit);

    /// <inheritdoc cref="Limited"/>
    public static string Fixed(string window, int limit) => Limited("fixed-window", window, limit);

    private static string Inference(string policies, string pro, string team, string enterprise) =>
        $$"""
        {
          "apis": {
            "inference": {
              "policies": {{policies}},
              "plans": { "pro": {{pro}}, "team": {{team}}, "enterprise": {{enterprise}} }
            },
            "agents": {
              "policies": [{ "name": "concurrency", "algorithm": "concurrency" }],
              "plans": {{PlansOf("""{ "concurrency": LIMIT }""", 50, "free", "pro", "enterprise")}}
            }
          }
        }
        """;

    /// <summary>One limit for all requests of either API, the same in every plan.</summary>
    private static string Limited(string algorithm, string window, int limit) =>
        $$"""
        {
          "apis": {
            "inference": {
              "policies": [{ "name": "requests", "algorithm": "{{algorithm}}", "window": "{{window}}" }],
              "plans": {{PlansOf("""{ "requests": LIMIT }""", limit, "pro", "team", "enterprise")}}
            },
            "agents": {
              "policies": [
                { "name": "requests", "algorithm": "{{algorithm}}", "window": "{{window}}" },
                { "name": "concurrency", "algorithm": "concurrency" }
              ],
              "plans": {{PlansOf("""{ "requests": LIMIT, "concurrency": 50 }""", limit, "free", "pro", "enterprise")}}
            }
          }
        }
        """;

    private static string PlansOf(string limits, int limit, params string[] plans) =>
        $"{{ {string.Join(", ", plans.Select(plan => $"\"{plan}\": {limits.Replace("LIMIT", $"{limit}")}"))} }}";
}
