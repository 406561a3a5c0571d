using FunctionsApi.Telemetry;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace FunctionsApi.Tests.Telemetry;

public sealed class ShutdownTests
{
    [Fact]
    public async Task What_has_gathered_is_sent_when_the_export_ends()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var host = await TestHost.StartAsync(new(receiver.Settings) { ["OTEL_BSP_SCHEDULE_DELAY"] = "3600000" });
        var trace = Guid.NewGuid().ToString("N");
        using (var request = new HttpRequestMessage(HttpMethod.Get, "/healthz") { Headers = { { "traceparent", $"00-{trace}-00f067aa0ba902b7-01" } } })
            await host.Client.SendAsync(request, TestHost.Cancelled);
        // The span ends a moment after the answer; once the server has stopped there is none left.
        await host.Services.GetRequiredService<IServer>().StopAsync(TestHost.Cancelled);
        await host.Services.GetServices<IHostedService>().OfType<TelemetryService>().Single().ShutdownAsync(TimeSpan.FromMinutes(1));

        await receiver.UntilAsync(() => receiver.Spans.Any(span => span.TraceId == trace && span.Name == "GET /healthz"));
    }
}
