using System.Net;
using System.Net.Http.Json;
using System.Text;
using FunctionsApi.Infer;
using FunctionsApi.Telemetry;
using FunctionsApi.Tests.Infer;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Telemetry;

/// <summary>What arrives at a receiver, by OTLP over HTTP. Other tests' servers are heard as well: each test looks for its own trace.</summary>
public sealed class ExportTests : IAsyncLifetime
{
    private const string ParentSpan = "00f067aa0ba902b7";
    private const string Secret = "s3cr3t-of-the-backend";

    private readonly string _trace = Guid.NewGuid().ToString("N");
    private OtlpReceiver _receiver = null!;
    private TestHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _receiver = await OtlpReceiver.StartAsync();
        _host = await TestHost.StartAsync(new(_receiver.Settings)
        {
            ["OTEL_EXPORTER_OTLP_HEADERS"] = "x-receiver-key=for-the-receiver",
            ["OTEL_BLRP_SCHEDULE_DELAY"] = "100",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "200",
            ["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment.name=staging",
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _receiver.DisposeAsync();
    }

    [Fact]
    public async Task A_request_is_a_span_in_its_callers_trace_and_what_it_caused_are_spans_below_it()
    {
        await InferAsync("echo", "{}");
        await _receiver.UntilAsync(() => Requests.Any() && Mine.Any(span => span.Name == "ledger apply"));

        var request = Requests.Single();
        request.Source.ShouldBe("Microsoft.AspNetCore");
        request.Name.ShouldBe("POST /infer");
        request.Tags.ShouldBe(
            new Dictionary<string, string>
            {
                ["http.request.method"] = "POST",
                ["http.response.status_code"] = "200",
                ["http.route"] = "/infer",
                ["network.protocol.version"] = "1.1",
                ["url.path"] = "/infer",
                ["url.scheme"] = "http",
            },
            ignoreOrder: true);
        var ledger = Mine.Single(span => span.Name == "ledger apply");
        ledger.ParentId.ShouldBe(request.SpanId);
        ledger.Tags["functionsapi.outcome"].ShouldBe("ok");
    }

    [Fact]
    public async Task A_backend_continues_the_trace_and_gets_no_baggage()
    {
        Dictionary<string, string> received = [];
        await using var upstream = await Upstream.StartAsync(http =>
        {
            received = http.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString());
            return Task.CompletedTask;
        });
        await SetDeploymentAsync(upstream.Url);
        await InferAsync("model", "{}");
        await _receiver.UntilAsync(() => Requests.Any() && Mine.Any(span => span.Source == "System.Net.Http"));

        var call = Mine.Single(span => span.Source == "System.Net.Http");
        call.ParentId.ShouldBe(Requests.Single().SpanId);
        call.Tags["url.full"].ShouldBe(upstream.Url.GetLeftPart(UriPartial.Authority));
        received["traceparent"].ShouldBe($"00-{_trace}-{call.SpanId}-01");
        received.Keys.ShouldBe(["Host", "Content-Type", "Content-Length", "Authorization", "traceparent"], ignoreOrder: true);
    }

    [Fact]
    public async Task Metrics_arrive_under_their_names_and_units()
    {
        string[] expected =
        [
            "functionsapi.decisions {request}",
            "functionsapi.ledger.operation.duration s",
            "functionsapi.ledger.outage.time s",
            "functionsapi.requests.waiting {request}",
            "http.server.request.duration s",
            "kestrel.active_connections {connection}",
            "dotnet.gc.collections {collection}",
        ];
        await InferAsync("echo", "{}");
        await _receiver.UntilAsync(() => expected.All(_receiver.Measurements.Select(it => $"{it.Name} {it.Unit}").Contains));
    }

    [Fact]
    public async Task A_log_line_arrives_with_the_trace_and_the_scopes_that_it_was_written_in()
    {
        var logger = _host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Mine");
        using (logger.BeginScope(new Dictionary<string, object> { ["InvocationId"] = _trace }))
            logger.Log(LogLevel.Warning, 0, "Something strange happened", null, (text, _) => text);
        await SetDeploymentAsync(UnusedAddress.Find());
        (await InferAsync("model", "{}")).StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        await _receiver.UntilAsync(() => _receiver.Logs.Any(log => log.TraceId == _trace && log.Category == typeof(HttpBackend).FullName));

        var line = _receiver.Logs.Single(log => log.Category == "Mine");
        line.Text.ShouldBe("Something strange happened");
        line.Tags["InvocationId"].ShouldBe(_trace);
    }

    [Fact]
    public async Task The_sender_names_itself_and_presents_the_receivers_headers()
    {
        await InferAsync("echo", "{}");
        await _receiver.UntilAsync(() => _receiver.Spans.Any() && _receiver.Measurements.Any());

        foreach (var resource in _receiver.Resources)
        {
            resource["service.name"].ShouldBe("functionsapi");
            resource["deployment.environment.name"].ShouldBe("staging");
            resource.Keys.ShouldContain("service.instance.id");
        }
        _receiver.Headers.ShouldAllBe(headers => headers.Contains("x-receiver-key: for-the-receiver"));
    }

    [Fact]
    public async Task No_signal_holds_a_key_a_secret_or_what_a_caller_sent()
    {
        await using var upstream = await Upstream.StartAsync(http =>
        {
            http.Response.StatusCode = 500;
            return http.Response.WriteAsync("answer-of-the-backend");
        });
        await SetDeploymentAsync(upstream.Url);
        var key = await _host.KeyAsync("acme", "alice", inference: "pro", agents: "free");
        using var client = _host.ClientWith(key);
        client.DefaultRequestHeaders.Add("traceparent", Parent);
        client.DefaultRequestHeaders.Add("User-Agent", "agent-of-the-caller");

        (await PostAsync(client, "/infer", """{"deployment_id":"model","inputs":{"text":"body-of-the-caller"}}""")).ShouldBe(502);
        (await PostAsync(client, "/infer", "body-of-the-caller")).ShouldBe(400);
        (await PostAsync(client, "/infer?query-of-the-caller", "")).ShouldBe(400);
        (await PostAsync(client, "/path-of-the-caller", "")).ShouldBe(404);
        (await PostAsync(client, "/api/v1/path-of-the-caller", "")).ShouldBe(404);
        using (var stranger = _host.ClientWith("fa_credentialOfAStrangerWhichIsWrong"))
            (await PostAsync(stranger, "/infer", "{}")).ShouldBe(401);
        (await client.GetAsync("/api/v1/knowledge/search?q=query-of-the-caller", TestHost.Cancelled)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await _receiver.UntilAsync(() => Requests.Count() == 6 && _receiver.Logs.Any(log => log.TraceId == _trace));
        await SendAllAsync();

        foreach (var secret in (string[])[key, key[..12], Secret, "OfAStranger", "of-the-caller", "of-the-backend"])
            _receiver.Everything.ShouldNotContain(secret);
    }

    private IEnumerable<ReceivedSpan> Mine => _receiver.Spans.Where(span => span.TraceId == _trace);

    // Of ours: a backend in the same process has spans too.
    private IEnumerable<ReceivedSpan> Requests => Mine.Where(span => span.ParentId == ParentSpan);

    private string Parent => $"00-{_trace}-{ParentSpan}-01";

    private async Task<HttpResponseMessage> InferAsync(string deployment, string inputs)
    {
        using var client = await _host.ClientAsync("acme", "alice", inference: "pro");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/infer")
        {
            Content = JsonContent.Create(new { deployment_id = deployment, inputs = new { text = inputs } }),
            Headers = { { "traceparent", Parent }, { "baggage", "user=somebody" } },
        };
        return await client.SendAsync(request, TestHost.Cancelled);
    }

    private static async Task<int> PostAsync(HttpClient client, string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return (int)(await client.PostAsync(path, content, TestHost.Cancelled)).StatusCode;
    }

    private Task SetDeploymentAsync(Uri url) => new DeploymentTable(_host.Store).SetAsync(
        new() { Tenant = "acme", Id = "model", Backend = Backend.Http, Url = url, Retries = 0, Secret = new(Secret) }, TestHost.Cancelled);

    private Task SendAllAsync() => _host.Services.GetServices<IHostedService>().OfType<TelemetryService>().Single().ShutdownAsync(TimeSpan.FromMinutes(1));
}
