namespace FunctionsApi.EndToEnd.Tests.Running;

/// <summary>Plan files with a window that fits a test: short enough to wait for, or too long to end during it.</summary>
internal static class Plans
{
    /// <summary>One limit for all requests of either API, the same in every plan.</summary>
    public static string Sliding(string window, int limit) =>
        $$"""
        {
          "apis": {
            "inference": {
              "policies": [{ "name": "requests", "algorithm": "sliding-window", "window": "{{window}}" }],
              "plans": {{PlansOf("""{ "requests": LIMIT }""", limit, "pro", "team", "enterprise")}}
            },
            "agents": {
              "policies": [
                { "name": "requests", "algorithm": "sliding-window", "window": "{{window}}" },
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
