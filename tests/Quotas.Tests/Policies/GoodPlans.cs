namespace FunctionsApi.Quotas.Tests.Policies;

/// <summary>A small plan file without error, for tests to spoil.</summary>
internal static class GoodPlans
{
    public const string Json = """
        {
          "apis": {
            "inference": {
              "policies": [
                { "name": "per-minute", "algorithm": "sliding-window", "window": "60s" }
              ],
              "plans": {
                "pro": { "per-minute": 120 },
                "team": { "per-minute": 300 },
                "enterprise": { "per-minute": 1000 }
              }
            },
            "agents": {
              "policies": [
                { "name": "per-hour", "algorithm": "fixed-window", "window": "1h",
                  "burst": { "factor": 2, "length": "10s" },
                  "except": ["events"],
                  "weights": { "synthesize": 5 } },
                { "name": "in-flight", "algorithm": "concurrency", "shadow": true },
                { "name": "crawls", "algorithm": "fixed-window", "window": "24h", "only": ["crawl"] }
              ],
              "plans": {
                "free": { "per-hour": 1000, "in-flight": 10, "crawls": 7 },
                "pro": { "per-hour": 10000, "in-flight": 50, "crawls": { "limit": 50, "shadow": true } },
                "enterprise": { "per-hour": "per-tenant", "in-flight": { "limit": "per-tenant" }, "crawls": 99 }
              }
            }
          }
        }
        """;

    /// <summary>The file with one piece of it, which it must have exactly once, replaced.</summary>
    public static string With(string piece, string replacement)
    {
        var parts = Json.Split(piece);
        return parts.Length == 2
            ? string.Join(replacement, parts)
            : throw new ArgumentException($"The good file has {piece} {parts.Length - 1} times.", nameof(piece));
    }
}
