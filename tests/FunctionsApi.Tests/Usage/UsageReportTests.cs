using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Usage;

/// <summary>Reads reports of usage as callers do.</summary>
public abstract class UsageReportTests
{
    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected static async Task SearchAsync(HttpClient client, int times)
    {
        for (var i = 0; i < times; i++)
            (await client.GetAsync("/api/v1/knowledge/search?q=quota", Cancel)).EnsureSuccessStatusCode();
    }

    private protected static async Task<JsonObject> ReportAsync(HttpClient client, string query = "")
    {
        var response = await client.GetAsync("/api/v1/usage" + query, Cancel);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return (await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!;
    }

    private protected static List<JsonObject> Lines(JsonObject report, string part) => [.. report[part]!.AsArray().Select(line => line!.AsObject())];
}
