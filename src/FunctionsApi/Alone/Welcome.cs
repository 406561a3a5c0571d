using FunctionsApi.Tenants;

namespace FunctionsApi.Alone;

/// <summary>What the server prints when it is ready.</summary>
internal static class Welcome
{
    public static async Task WriteAsync(WebApplication app, IReadOnlyList<DemoKey> demo, TextWriter output)
    {
        foreach (var address in app.Urls)
            await output.WriteLineAsync($"Listening on {address}");
        if (demo.Count > 0)
            await output.WriteLineAsync(Introduction(app.Urls.First(), demo));
    }

    private static string Introduction(string address, IReadOnlyList<DemoKey> demo) =>
        $$$"""

        The store is new, so there is now a tenant 'demo' with a key for each plan. The keys are shown this once:

        {{{string.Join(Environment.NewLine, demo.Select(key => $"  {key.Key}  inference {key.Inference}, agents {key.Agents}"))}}}

        Agents enterprise answers 403 until the tenant has limits of its own for requests-per-hour, requests-per-day and concurrency:
          FunctionsApi tenants set-limit --tenant demo --api agents --policy requests-per-hour --limit 50000

        Try:
          curl -i {{{address}}}/infer -H 'Authorization: Bearer {{{demo[0].Key}}}' -H 'Content-Type: application/json' -d '{"deployment_id":"echo","inputs":{"hello":"world"}}'
          curl -i '{{{address}}}/api/v1/knowledge/search?q=quota' -H 'Authorization: Bearer {{{demo[0].Key}}}'

        What a key has used and has left, in a browser: {{{address}}}/dashboard/settings/usage

        """;
}
