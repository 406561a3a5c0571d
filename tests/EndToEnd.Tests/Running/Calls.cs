using System.Text;

namespace FunctionsApi.EndToEnd.Tests.Running;

/// <summary>Requests to the APIs and what their answers say.</summary>
internal static class Calls
{
    /// <summary>One permit of <c>/infer</c>, if it is valid and there is one.</summary>
    public static Task<HttpResponseMessage> InferAsync(this HttpClient client, string deployment = "echo") =>
        client.PostJsonAsync("/infer", $$$"""{"deployment_id":"{{{deployment}}}","inputs":{"hello":"world"}}""");

    public static Task<HttpResponseMessage> PostJsonAsync(this HttpClient client, string path, string body) =>
        client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));

    /// <summary>The permits left for <c>/infer</c>, asked in a way that uses none.</summary>
    public static async Task<int> InferRemainingAsync(this HttpClient client)
    {
        using var answer = await client.PostJsonAsync("/infer", "{}");
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        return answer.Remaining();
    }

    public static int Remaining(this HttpResponseMessage answer) => answer.Number("X-RateLimit-Remaining");

    public static int Number(this HttpResponseMessage answer, string header) => int.Parse(answer.Headers.GetValues(header).Single());
}
