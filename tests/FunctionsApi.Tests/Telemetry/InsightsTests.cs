using System.Net.Http.Json;
using System.Text.Json;
using FunctionsApi.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Telemetry;

public sealed class InsightsTests
{
    private static readonly string[] Kinds = ["RequestData", "MetricData", "MessageData"];

    [Fact]
    public async Task Requests_metrics_and_log_lines_arrive_without_what_a_caller_sent()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var host = await TestHost.StartAsync(receiver.InsightsSettings);
        var key = await host.KeyAsync("acme", "alice", inference: "pro");
        using (var client = host.ClientWith(key))
        {
            client.DefaultRequestHeaders.Add("User-Agent", "agent-of-the-caller");
            using var answer = await client.PostAsJsonAsync(
                "/infer?query-of-the-caller", new { deployment_id = "echo", inputs = new { text = "body-of-the-caller" } }, TestHost.Cancelled);
            answer.EnsureSuccessStatusCode();
        }

        var logger = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Mine");
        logger.Log(LogLevel.Warning, 0, "Something strange happened", null, (text, _) => text);
        await host.Services.GetServices<IHostedService>().OfType<TelemetryService>().Single().ShutdownAsync(TimeSpan.FromMinutes(1));
        await receiver.UntilAsync(() => Kinds.All(kind => Of(receiver, kind).Any()));

        Of(receiver, "RequestData").Select(data => data.GetProperty("name").GetString()).ShouldContain("POST /infer");
        Of(receiver, "MessageData").Select(data => data.GetProperty("message").GetString()).ShouldContain("Something strange happened");
        Of(receiver, "MetricData").Select(data => data.GetProperty("metrics")[0].GetProperty("name").GetString()).ShouldContain("functionsapi.decisions");
        var everything = string.Concat(receiver.InsightsLines);
        everything.ShouldNotContain("of-the-caller");
        everything.ShouldNotContain(key[..12]);
    }

    private static IEnumerable<JsonElement> Of(OtlpReceiver receiver, string kind) => receiver.InsightsLines
        .Select(line => JsonElement.Parse(line).GetProperty("data"))
        .Where(data => data.GetProperty("baseType").GetString() == kind)
        .Select(data => data.GetProperty("baseData"));
}
