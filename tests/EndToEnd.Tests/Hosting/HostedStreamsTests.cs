using FunctionsApi.EndToEnd.Tests.Hosting.Double;
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
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _between = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WebApplication _backend = null!;
    private ApiKey _key = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _backend = builder.Build();
        _backend.MapPost("/", StreamAsync);
        await _backend.StartAsync(TestContext.Current.CancellationToken);

        await _installation.ApplyPlansAsync(OneAtATime);
        await _installation.RunAsync("deployments", "set", "--tenant", "acme", "--id", "slow", "--backend", "http", "--url", _backend.Urls.Single());
        _key = await _installation.CreateKeyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _between.TrySetResult();
        await _installation.DisposeAsync();
        await _backend.DisposeAsync();
    }

    [Fact]
    public async Task A_proxied_piece_arrives_before_the_next_is_made()
    {
        using var client = await ClientAsync(HostMode.Proxying);
        using var answer = await InferAsync(client, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));

        (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("first");
        _between.SetResult();
        (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("last");
    }

    [Fact]
    public async Task In_the_older_mode_all_pieces_arrive_together()
    {
        using var client = await ClientAsync(HostMode.Forwarding);
        _between.SetResult();
        using var answer = await InferAsync(client, TestContext.Current.CancellationToken);

        answer.Content.Headers.ContentLength.ShouldBe("first\nlast\n".Length);
    }

    [Fact]
    public async Task A_client_that_leaves_the_proxy_frees_its_permit()
    {
        using var client = await ClientAsync(HostMode.Proxying);
        var answer = await InferAsync(client, TestContext.Current.CancellationToken);
        (await StatusAsync(client)).ShouldBe(HttpStatusCode.TooManyRequests);

        answer.Dispose();

        await Patience.UntilAsync(async () => await StatusAsync(client) == HttpStatusCode.OK, "the permit");
    }

    [Fact]
    public async Task In_the_older_mode_a_permit_is_free_when_the_request_has_ended()
    {
        using var client = await ClientAsync(HostMode.Forwarding);
        using var leaves = new CancellationTokenSource();
        var answer = InferAsync(client, leaves.Token);
        await Patience.WaitAsync(_reached.Task, "the request to have its permit");

        await leaves.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => answer);

        (await StatusAsync(client)).ShouldBe(HttpStatusCode.TooManyRequests);
        _between.SetResult();
        await Patience.UntilAsync(async () => await StatusAsync(client) == HttpStatusCode.OK, "the permit");
    }

    private async Task<HttpClient> ClientAsync(HostMode mode) => (await _installation.ServeBehindHostAsync(mode)).Client(_key);

    private async Task StreamAsync(HttpContext http)
    {
        _reached.TrySetResult();
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
