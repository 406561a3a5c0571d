using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using FunctionsApi.Tests;

namespace FunctionsApi.EndToEnd.Tests.Dashboard;

/// <summary>
/// A day of a tenant's real requests to a whole server, by a clock that passes as fast as they are answered and shows the true time
/// when they are over.
/// </summary>
public sealed class BusyDay : IAsyncLifetime
{
    private const int Hours = 24;

    private readonly ManualTime _time = new(TimeProvider.System.GetUtcNow() - TimeSpan.FromHours(Hours - 1));
    private TestHost _host = null!;

    public SignInServer Project { get; private set; } = null!;

    public Uri Address => _host.Address;

    /// <summary>Three keys of two users, the busiest first.</summary>
    internal List<ApiKey> Keys { get; } = [];

    public async ValueTask InitializeAsync()
    {
        Project = await SignInServer.StartAsync();
        var settings = Project.Settings.Append(("Dashboard__UpgradeUrl", "https://app.example.com/billing"));
        _host = await TestHost.StartAsync(
            settings.ToDictionary(setting => setting.Item1.Replace("__", ":"), setting => (string?)setting.Item2), time: _time);
        await _host.SubscribeAsync("acme", inference: "pro", agents: "free");
        foreach (var user in (string[])["alice", "bob", "alice"])
        {
            var key = await _host.KeyAsync("acme", user);
            Keys.Add(new(FunctionsApi.Auth.KeyRecord.IdOf(FunctionsApi.Auth.ApiKey.Hash(key)), key));
        }

        await UseAsync();
    }

    /// <summary>What the API answers to whom it was signed in.</summary>
    public async Task<JsonNode> ReportAsync(string query) => JsonNode.Parse(await GetAsync(query, "application/json"))!;

    public async Task<string> GetAsync(string query, string accept)
    {
        using var client = _host.ClientWith(Project.Token());
        client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue(accept));
        using var answer = await client.GetAsync($"/api/v1/usage?{query}", TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await Project.DisposeAsync();
    }

    private async Task UseAsync()
    {
        var clients = Keys.Select(key => _host.ClientWith(key.Text)).ToList();
        for (var hour = 0; hour < Hours; hour++)
        {
            // Quiet at first, as at night, busiest two thirds through the day, and not over when it is looked at.
            var load = Math.Max(0, Math.Sin((hour - 5) * Math.PI / 21));
            await UseAsync(clients, (int)(45 * load) + 1);
            if (hour < Hours - 1)
                _time.Advance(TimeSpan.FromHours(1));
        }

        clients.ForEach(client => client.Dispose());
    }

    private static async Task UseAsync(List<HttpClient> clients, int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            var client = clients[round % 5 < 3 ? 0 : round % 5 == 3 ? 1 : 2];
            for (var i = 0; i < 4; i++)
                (await client.InferAsync()).Dispose();
            (await client.GetAsync("/api/v1/knowledge/search?q=quota")).Dispose();
            if (round % 2 == 0)
                (await client.PostJsonAsync("/api/v1/analytics/events", """{"type":"seen"}""")).Dispose();
            if (round % 3 == 0)
                (await client.PostJsonAsync("/api/v1/knowledge/synthesize", """{"question":"Why?"}""")).Dispose();
            // Alice's key starts more than its 10 an hour where it is busy.
            if (round % 3 == 1)
                (await clients[0].PostJsonAsync("/api/v1/ingestion/crawl", """{"url":"https://example.com/"}""")).Dispose();
            if (round % 4 == 0)
                (await client.GetAsync("/api/v1/analytics/summary")).Dispose();
        }
    }
}
