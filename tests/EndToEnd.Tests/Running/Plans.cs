namespace FunctionsApi.EndToEnd.Tests.Running;

/// <summary>Plan files with a window that fits a test: short enough to wait for, or too long to end during it.</summary>
internal static class Plans
{
    /// <inheritdoc cref="Limited"/>
    public static string Sliding(string window, int limit) => Limited("sliding-window", window, limit);

    /// <inheritdoc cref="Limited"/>
    public static string Fixed(string window, int limit) => Limited("fixed-window", window, limit);

    /// <summary>So many requests to <c>/infer</c> in flight at once, and as many as anybody likes one after the other.</summary>
    public static string Concurrency(int limit) =>
        $$"""
        {
          "apis": {
            "inference": {
              "policies": [{ "name": "concurrency", "algorithm": "concurrency" }],
              "plans": {{PlansOf("""{ "concurrency": LIMIT }""", limit, "pro", "team", "enterprise")}}
            },
            "agents": {
              "policies": [{ "name": "concurrency", "algorithm": "concurrency" }],
              "plans": {{PlansOf("""{ "concurrency": LIMIT }""", limit, "free", "pro", "enterprise")}}
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
