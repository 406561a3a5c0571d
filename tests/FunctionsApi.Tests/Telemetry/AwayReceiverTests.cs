using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using FunctionsApi.Tests.Infer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Telemetry;

public sealed class AwayReceiverTests
{
    [Theory]
    [InlineData("http/protobuf")]
    [InlineData("grpc")]
    public async Task A_receiver_that_refuses_connections_is_told_of_once_and_requests_are_served(string protocol)
    {
        using var logs = new Logs();
        await using var host = await StartAsync(UnusedAddress.Find(), protocol, logs);
        await ServeAsync(host);
        while (!logs.Lines.Any(IsTold))
            (await host.Client.GetAsync("/healthz", TestHost.Cancelled)).Dispose();
        await StopAsync(host);

        logs.Lines.Count(IsTold).ShouldBe(1);

        static bool IsTold(string line) => line.Contains("Telemetry cannot be sent", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_receiver_that_never_answers_does_not_hold_up_requests_or_the_stop()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var logs = new Logs();
        await using var host = await StartAsync(new($"http://{silent.LocalEndpoint}"), "http/protobuf", logs);
        await ServeAsync(host);

        var started = Stopwatch.GetTimestamp();
        await StopAsync(host);
        Stopwatch.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(8));
    }

    private static async Task<TestHost> StartAsync(Uri endpoint, string protocol, Logs logs)
    {
        var host = await TestHost.StartAsync(new()
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint.GetLeftPart(UriPartial.Authority),
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol,
            ["OTEL_TRACES_SAMPLER"] = "always_on",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
        });
        host.Services.GetRequiredService<ILoggerFactory>().AddProvider(logs);
        return host;
    }

    private static async Task ServeAsync(TestHost host)
    {
        using var client = await host.ClientAsync("acme", "alice", inference: "pro");
        for (var i = 0; i < 5; i++)
        {
            using var answer = await client.PostAsJsonAsync("/infer", new { deployment_id = "echo", inputs = new { } }, TestHost.Cancelled);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    private static Task StopAsync(TestHost host) =>
        host.Services.GetRequiredService<IHost>().StopAsync(TestHost.Cancelled);
}
