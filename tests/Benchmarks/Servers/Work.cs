namespace FunctionsApi.Benchmarks.Servers;

/// <summary>The request that every server answers, and what FunctionsApi says about quota when it does.</summary>
internal static class Work
{
    public const string Path = "/infer";

    public const string Body =
        """{"deployment_id":"echo","inputs":{"prompt":"Summarise the last quarter in three sentences.","temperature":0.7,"max_tokens":256,"tags":["finance","summary"],"stream":false}}""";

    /// <summary>Headers as long as those of FunctionsApi for a policy of 1,000,000,000 a minute.</summary>
    public static KeyValuePair<string, string>[] QuotaHeaders { get; } =
    [
        new("X-RateLimit-Limit", "1000000000"),
        new("X-RateLimit-Remaining", "999900000"),
        new("X-RateLimit-Reset", "1772184660"),
        new("RateLimit-Policy", "\"requests-per-minute\";q=1000000000;w=60"),
        new("RateLimit", "\"requests-per-minute\";r=999900000;t=60"),
    ];
}
