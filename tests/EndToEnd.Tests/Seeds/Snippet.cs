namespace FunctionsApi.EndToEnd.Tests.Seeds;

/// <summary>The clients that the public documents show to customers, word for word. The documents stand beside this file.</summary>
internal static class Snippet
{
    public const string InferenceHost = "https://inference.impulselabs.ai";

    public static string Curl => Of("inference.txt", from: "curl -si", until: "# X-RateLimit-Limit");

    public static string SafeInfer => Of("inference.txt", from: "import time, requests", until: "Upgrading your plan");

    public static string FetchWithRetryInPython => Of("agents.txt", from: "import time", until: "Proactive Rate Limit Checking");

    public static string FetchWithRetry => Of("agents.txt", from: "async function fetchWithRetry", until: "import time");

    public static string CheckRateLimit => Of("agents.txt", from: "async function checkRateLimit", until: "Best Practices");

    private static string Of(string document, string from, string until)
    {
        using var reader = new StreamReader(typeof(Snippet).Assembly.GetManifestResourceStream(document)!);
        var text = reader.ReadToEnd();
        var start = text.IndexOf(from, StringComparison.Ordinal);
        var end = text.IndexOf(until, start, StringComparison.Ordinal);
        return text[start..end];
    }
}
