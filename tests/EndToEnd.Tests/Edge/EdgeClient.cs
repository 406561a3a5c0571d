using FunctionsApi.EndToEnd.Tests.Seeds;

namespace FunctionsApi.EndToEnd.Tests.Edge;

/// <summary>The contract's own JavaScript, called as a customer does who infers three times and then sends three batches of events.</summary>
internal static class EdgeClient
{
    /// <summary>Two requests in any 5 s, so that the third has to wait.</summary>
    public static string Plans { get; } = Running.Plans.Sliding("5s", limit: 2);

    public static string Script { get; } = string.Join('\n', Snippet.FetchWithRetry, Snippet.CheckRateLimit, Text("Calls.js"));

    /// <summary>What the client sees if all is well.</summary>
    public static string[] Expected { get; } =
    [
        """infer 200 {"n":0}""", """infer 200 {"n":1}""", """infer 200 {"n":2}""",
        """events 202 {"accepted":2,"duplicates":0,"rejected":0}""", """events 202 {"accepted":2,"duplicates":0,"rejected":0}""", """events 202 {"accepted":2,"duplicates":0,"rejected":0}""",
    ];

    public static string PathOf(string file) => Path.Combine(Built.RepositoryRoot, "tests", "EndToEnd.Tests", "Edge", file);

    private static string Text(string file) => File.ReadAllText(PathOf(file));
}
