using System.Net.Http.Headers;
using System.Text;
using FunctionsApi.Infer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FunctionsApi.Tests.Infer;

/// <summary>The server with one caller of tenant acme on the plan pro.</summary>
internal sealed class InferHost : IAsyncDisposable
{
    public const string Tenant = "acme";

    private const int Limit = 120;

    private readonly TestHost _host;

    private InferHost(TestHost host, HttpClient client)
    {
        (_host, Client) = (host, client);
        host.Services.GetRequiredService<ILoggerFactory>().AddProvider(Logs);
    }

    public HttpClient Client { get; }

    /// <summary>Permits that the caller had used after the last answer, as its headers tell.</summary>
    public int Consumed { get; private set; }

    public Logs Logs { get; } = new();

    public ManualTime Time => _host.Time;

    public static async Task<InferHost> StartAsync()
    {
        var host = await TestHost.StartAsync();
        return new(host, await host.ClientAsync(Tenant, "alice", inference: "pro"));
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
        using var request = new HttpRequestMessage(HttpMethod.Post, "/infer") { Content = content };
        var response = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        Consumed = Limit - int.Parse(response.Headers.GetValues("X-RateLimit-Remaining").Single());
        return response;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _host.DisposeAsync();
        Logs.Dispose();
    }
}
