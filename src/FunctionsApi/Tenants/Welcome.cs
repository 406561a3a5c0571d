namespace FunctionsApi.Tenants;

/// <summary>What the server prints when it is ready.</summary>
internal static class Welcome
{
    /// <param name="addresses">Where clients reach it.</param>
    /// <param name="demo">The keys that were made now; none where there were tenants already.</param>
    /// <param name="output">Where to.</param>
    public static async Task WriteAsync(ICollection<string> addresses, IReadOnlyList<DemoKey> demo, TextWriter output)
    {
        foreach (var address in addresses)
            await output.WriteLineAsync($"Listening on {address}");
        if (demo.Count > 0)
            await output.WriteLineAsync(Introduction(addresses.First(), demo));
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
