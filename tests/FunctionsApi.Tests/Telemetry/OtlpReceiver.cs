using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FunctionsApi.Tests.Telemetry;

/// <summary>Receives OTLP over HTTP, and what goes to Application Insights, on a real socket, and keeps everything.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(string Path, byte[] Body, string Headers)> _requests = new();

    private readonly SemaphoreSlim _arrived = new(0);

    private OtlpReceiver(WebApplication app)
    {
        _app = app;
        app.Run(TakeAsync);
    }

    public IEnumerable<ReceivedSpan> Spans => At("/v1/traces").SelectMany(Otlp.Spans);

    public IEnumerable<ReceivedMeasurement> Measurements => At("/v1/metrics").SelectMany(Otlp.Measurements);

    public IEnumerable<ReceivedLog> Logs => At("/v1/logs").SelectMany(Otlp.Logs);

    public IEnumerable<IReadOnlyDictionary<string, string>> Resources => _requests.Select(request => Otlp.Resource(new(request.Body)));

    /// <summary>Every byte that came, as text.</summary>
    public string Everything => string.Concat(_requests.Select(request => Encoding.Latin1.GetString(request.Body)));

    public IEnumerable<string> Headers => _requests.Select(request => request.Headers);

    /// <summary>Each piece of telemetry for Application Insights, as JSON.</summary>
    public IEnumerable<string> InsightsLines => _requests.Where(request => request.Path.EndsWith("/track", StringComparison.Ordinal))
        .SelectMany(request => Text(request.Body).Split('\n', StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Settings that send all there is to Application Insights, which is here.</summary>
    public Dictionary<string, string?> InsightsSettings => new()
    {
        ["APPLICATIONINSIGHTS_CONNECTION_STRING"] = $"InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint={_app.Urls.Single()}/",
        ["OTEL_TRACES_SAMPLER_ARG"] = "1",
    };

    /// <summary>Settings that send all there is here.</summary>
    public Dictionary<string, string?> Settings => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _app.Urls.Single(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_TRACES_SAMPLER"] = "parentbased_always_on",
    };

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var receiver = new OtlpReceiver(builder.Build());
        await receiver._app.StartAsync(TestHost.Cancelled);
        return receiver;
    }

    /// <summary>Waits until what has arrived is enough.</summary>
    public async Task UntilAsync(Func<bool> isEnough)
    {
        while (!isEnough())
            await _arrived.WaitAsync(TestHost.Cancelled);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _arrived.Dispose();
    }

    private IEnumerable<ProtobufMessage> At(string path) =>
        _requests.Where(request => request.Path == path).Select(request => new ProtobufMessage(request.Body));

    private static string Text(byte[] body)
    {
        if (body is not [0x1f, 0x8b, ..])
            return Encoding.UTF8.GetString(body);
        using var unpacked = new StreamReader(new GZipStream(new MemoryStream(body), CompressionMode.Decompress));
        return unpacked.ReadToEnd();
    }

    private async Task TakeAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        var headers = string.Join('\n', http.Request.Headers.Select(header => $"{header.Key}: {header.Value}"));
        _requests.Enqueue((http.Request.Path, body.ToArray(), headers));
        _arrived.Release();
    }
}
