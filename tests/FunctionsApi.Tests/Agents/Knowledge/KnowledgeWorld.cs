using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FunctionsApi.Agents.Knowledge;
using FunctionsApi.Agents.Knowledge.Search;
using FunctionsApi.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FunctionsApi.Tests.Agents.Knowledge;

/// <summary>A server, and a tenant with documents.</summary>
internal sealed class KnowledgeWorld : IAsyncDisposable
{
    public const string Search = "/api/v1/knowledge/search";
    public const string Synthesize = "/api/v1/knowledge/synthesize";

    private KnowledgeWorld(TestHost host, HttpClient client) => (Host, Client) = (host, client);

    public TestHost Host { get; }

    /// <summary>The tenant's.</summary>
    public HttpClient Client { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<KnowledgeWorld> StartAsync(Dictionary<string, string?>? settings = null)
    {
        var host = await TestHost.StartAsync(settings);
        return new(host, await host.ClientAsync("acme", "alice", agents: "free"));
    }

    public Task StoreAsync(string title, string text, string tenant = "acme") => Host.Services.GetRequiredService<DocumentTable>()
        .PutAsync(tenant, Document.Of($"https://docs.example/{Uri.EscapeDataString(title)}#top", title, text, Host.Time.GetUtcNow()), Cancel);

    public Task RemoveAsync(string title) => Host.Services.GetRequiredService<DocumentTable>()
        .DeleteAsync("acme", Document.IdOf($"https://docs.example/{Uri.EscapeDataString(title)}"), Cancel);

    /// <summary>Lets the time go by after which a change of the documents is noticed.</summary>
    public void Wait() => Host.Time.Advance(TenantIndex.CheckEvery);

    public async Task<JsonObject> GetAsync(string path) => (await Client.GetFromJsonAsync<JsonObject>(path, Cancel))!;

    public async Task<JsonObject> SearchAsync(string query, string more = "") => await GetAsync($"{Search}?q={Uri.EscapeDataString(query)}{more}");

    public async Task<List<string>> TitlesAsync(string query, string more = "") => Titles(await SearchAsync(query, more));

    /// <summary>Adds a policy to every plan, with one limit.</summary>
    public async Task ApplyAsync(string policy, int limit)
    {
        var plans = JsonNode.Parse(PlansInForce.Embedded.Json)!;
        var agents = plans["apis"]!["agents"]!;
        var added = JsonNode.Parse(policy)!;
        agents["policies"]!.AsArray().Add(added);
        foreach (var (_, plan) in agents["plans"]!.AsObject())
            plan![added["name"]!.GetValue<string>()] = limit;
        await Host.Services.GetRequiredService<PlanTable>().WriteAsync(plans.ToJsonString(), Cancel);
        await Host.Services.GetRequiredService<TenantDirectory>().RefreshAsync(Cancel);
    }

    public async Task<HttpResponseMessage> AskAsync(object question, string? accept = null, CancellationToken? leaving = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Synthesize);
        request.Content = JsonContent.Create(question);
        if (accept is not null)
            request.Headers.Add("Accept", accept);
        return await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leaving ?? Cancel);
    }

    public async Task<JsonObject> AnswerAsync(object question)
    {
        using var response = await AskAsync(question);
        return (await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonObject>(Cancel))!;
    }

    public static List<string> Titles(JsonObject answer) => [.. answer["results"]!.AsArray().Select(result => result!["title"]!.GetValue<string>())];

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Host.DisposeAsync();
    }
}
