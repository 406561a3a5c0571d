namespace FunctionsApi.Tenants;

/// <summary>What the server prints when it is ready.</summary>
internal static class Welcome
{
    // Keys are shown once, and at a second start the user may not have kept them.
    private const string NewKey =
        "The store has been used before. For a new key: dotnet run --project src/FunctionsApi -- keys create --tenant demo --user ann";

    /// <param name="addresses">Where clients reach it.</param>
    /// <param name="demo">The keys that were made now; none where the store had been used before, null where none are to be made.</param>
    /// <param name="output">Where to.</param>
    public static async Task WriteAsync(ICollection<string> addresses, IReadOnlyList<DemoKey>? demo, TextWriter output)
    {
        foreach (var address in addresses)
            await output.WriteLineAsync($"Listening on {address}");
        if (demo is not null)
            await output.WriteLineAsync(demo.Count > 0 ? Introduction(addresses.First(), demo) : NewKey);
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
