using System.Net.Http.Headers;
using System.Text;
using FunctionsApi.Http;
using FunctionsApi.Infer;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FunctionsApi.Tests.Infer;

/// <summary>The server with one caller of tenant acme, who is told which requests used quota.</summary>
internal sealed class InferHost : IAsyncDisposable
{
    public const string Tenant = "acme";

    // The endpoint itself, on a path beside it that watches what its handler consumed.
    private const string Watched = "/infer/watched";

    private readonly TestHost _host;

    private InferHost(TestHost host, HttpClient client, List<int> consumed)
    {
        (_host, Client, Consumed) = (host, client, consumed);
        host.Services.GetRequiredService<ILoggerFactory>().AddProvider(Logs);
    }

    public HttpClient Client { get; }

    /// <summary>The weight of every request that was admitted.</summary>
    public List<int> Consumed { get; }

    public Logs Logs { get; } = new();

    public ManualTime Time => _host.Time;

    public static async Task<InferHost> StartAsync()
    {
        var consumed = new List<int>();
        var host = await TestHost.StartAsync(map: app => MapWatched(app, consumed));
        return new(host, await host.ClientAsync(Tenant, "alice", inference: "pro"), consumed);
    }

    /// <summary>The server with one deployment <c>model</c> that forwards to an upstream.</summary>
    public static async Task<InferHost> StartAsync(Upstream upstream, Func<Deployment, Deployment>? change = null)
    {
        var host = await StartAsync();
        await host.SetAsync(To(upstream.Url, change));
        return host;
    }

    public static Deployment To(Uri url, Func<Deployment, Deployment>? change = null)
    {
        var deployment = new Deployment { Tenant = Tenant, Id = "model", Backend = Backend.Http, Url = url, Retries = 0 };
        return change is null ? deployment : change(deployment);
    }

    public Task SetAsync(Deployment deployment) => new DeploymentTable(_host.Store).SetAsync(deployment, TestHost.Cancelled);

    public Task<HttpResponseMessage> PostAsync(string body) => PostAsync(new StringContent(body, Encoding.UTF8, "application/json"));

    public Task<HttpResponseMessage> PostAsync(byte[] body) =>
        PostAsync(new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } });

    public Task<HttpResponseMessage> InferAsync(string inputs = "{}") => PostAsync($$"""{"deployment_id":"model","inputs":{{inputs}}}""");

    public Task<HttpResponseMessage> PostAsync(HttpContent content) => SendAsync(content, TestHost.Cancelled);

    /// <summary>Returns when the answer's headers are in.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpContent content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Watched) { Content = content };
        return await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _host.DisposeAsync();
        Logs.Dispose();
    }

    private static void MapWatched(WebApplication app, List<int> consumed)
    {
        var endpoint = app.Services.GetRequiredService<InferEndpoint>();
        app.MapApi(Api.Inference, "POST", Watched, "infer", async request =>
        {
            try
            {
                await endpoint.HandleAsync(request);
            }
            finally
            {
                if (request.Decision?.Outcome == Outcome.Admitted)
                    consumed.Add(request.Weight);
            }
        });
    }
}
