using FunctionsApi.TestKit.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FunctionsApi.EndToEnd.Tests.Hosting;

/// <summary>Answers that come in pieces, and clients that do not wait for the last.</summary>
public sealed class HostedStreamsTests : IAsyncLifetime
{
    /// <summary>One inference request at a time.</summary>
    private const string OneAtATime = """
        {
          "apis": {
            "inference": {
              "policies": [
                { "name": "requests", "algorithm": "sliding-window", "window": "1h" },
                { "name": "concurrency", "algorithm": "concurrency" }
              ],
              "plans": {
                "pro": { "requests": 1000, "concurrency": 1 },
                "team": { "requests": 1000, "concurrency": 1 },
                "enterprise": { "requests": 1000, "concurrency": 1 }
              }
            },
            "agents": {
              "policies": [{ "name": "requests", "algorithm": "sliding-window", "window": "1h" }],
              "plans": { "free": { "requests": 1000 }, "pro": { "requests": 1000 }, "enterprise": { "requests": 1000 } }
            }
          }
        }
        """;

    private readonly Installation _installation = new();
    private readonly TaskCompletionSource _between = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WebApplication _backend = null!;
    private ApiKey _key = null!;
    private FunctionsHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _backend = builder.Build();
        _backend.MapPost("/", StreamAsync);
        await _backend.StartAsync(TestContext.Current.CancellationToken);

        await _installation.ApplyPlansAsync(OneAtATime);
        _key = await _installation.CreateKeyAsync();
        await _installation.DeployAsync("slow", _backend.Urls.Single());
        _host = await _installation.ServeBehindHostAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _between.TrySetResult();
        await _host.DisposeAsync();
        await _installation.DisposeAsync();
        await _backend.DisposeAsync();
    }

    [Fact]
    public async Task A_piece_arrives_before_the_next_is_made()
    {
        using var client = _host.Client(_key);
        using var answer = await InferAsync(client, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));

        (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("first");
        _between.SetResult();
        (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("last");
    }

    [Fact]
    public async Task A_client_that_leaves_frees_its_permit()
    {
        using var client = _host.Client(_key);
        var answer = await InferAsync(client, TestContext.Current.CancellationToken);
        (await StatusAsync(client)).ShouldBe(HttpStatusCode.TooManyRequests);

        answer.Dispose();

        await Patience.UntilAsync(async () => await StatusAsync(client) == HttpStatusCode.OK, "the permit");
    }

    private async Task StreamAsync(HttpContext http)
    {
        await http.Response.WriteAsync("first\n");
        await http.Response.Body.FlushAsync();
        await _between.Task.WaitAsync(http.RequestAborted);
        await http.Response.WriteAsync("last\n");
    }

    private static async Task<HttpResponseMessage> InferAsync(HttpClient client, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/infer")
        {
            Content = new StringContent("""{"deployment_id":"slow","inputs":{}}""", mediaType: new("application/json")),
        };
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client)
    {
        using var answer = await client.InferAsync();
        return answer.StatusCode;
    }
}
