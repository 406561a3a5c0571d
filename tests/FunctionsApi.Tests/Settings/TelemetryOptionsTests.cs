using FunctionsApi.Settings;
using Microsoft.Extensions.Configuration;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Settings;

public sealed class TelemetryOptionsTests
{
    private const string Receiver = "http://localhost:4317";
    private const string Insights = "InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint=https://eu.in.applicationinsights.azure.com/";

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "OTEL_EXPORTER_OTLP_PROTOCOL is 'http/json': set it to 'grpc' or 'http/protobuf'.")]
    [InlineData("OTEL_TRACES_SAMPLER", "sometimes", "OTEL_TRACES_SAMPLER is 'sometimes': set it to 'parentbased_traceidratio' or ")]
    [InlineData("OTEL_TRACES_SAMPLER_ARG", "5%", "OTEL_TRACES_SAMPLER_ARG is '5%': set it to the share of requests to trace, 0 to 1, as 0.05.")]
    [InlineData("OTEL_TRACES_SAMPLER_ARG", "5", "OTEL_TRACES_SAMPLER_ARG is '5': set it to the share of requests to trace, 0 to 1, as 0.05.")]
    public void What_the_SDK_would_pass_over_in_silence_is_named_with_its_remedy(string name, string value, string message)
    {
        Should.Throw<SettingsException>(() => Read(new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Receiver, [name] = value })).Message.ShouldStartWith(message);
        Read(new() { [name] = value }).Telemetry.ShouldBeNull("Without a receiver the variables are others' business.");
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("collector:4317")]
    [InlineData("/v1/traces")]
    [InlineData("http://")]
    public void An_endpoint_that_is_no_address_is_refused(string endpoint)
    {
        var message = Should.Throw<SettingsException>(() => Read(new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint })).Message;
        message.ShouldStartWith("OTEL_EXPORTER_OTLP_ENDPOINT is not the address of an OTLP receiver: set it to");
    }

    [Fact]
    public void Telemetry_is_sent_where_there_is_an_endpoint() =>
        Read(new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Receiver }).Telemetry.ShouldNotBeNull();

    [Theory]
    [InlineData("APPLICATIONINSIGHTS_CONNECTION_STRING", "https://eu.in.applicationinsights.azure.com", "APPLICATIONINSIGHTS_CONNECTION_STRING has no InstrumentationKey: copy it whole")]
    [InlineData("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "ClientId=abc", "APPLICATIONINSIGHTS_AUTHENTICATION_STRING does not say Authorization=AAD: set it to that,")]
    [InlineData("OTEL_TRACES_SAMPLER_ARG", "5%", "OTEL_TRACES_SAMPLER_ARG is '5%': set it to the share")]
    public void What_Application_Insights_could_not_use_is_named_with_its_remedy(string name, string value, string message) =>
        Should.Throw<SettingsException>(() => Read(new() { ["APPLICATIONINSIGHTS_CONNECTION_STRING"] = Insights, [name] = value })).Message.ShouldStartWith(message);

    [Fact]
    public void The_identity_that_signs_telemetry_in_is_named_by_its_client_id()
    {
        var telemetry = Read(new()
        {
            ["APPLICATIONINSIGHTS_CONNECTION_STRING"] = Insights,
            ["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"] = "Authorization=AAD;ClientId=abc",
        }).Telemetry.ShouldNotBeNull();
        telemetry.InsightsClientId.ShouldBe("abc");
        telemetry.OtlpEndpoint.ShouldBeNull();
    }

    private static AppSettings Read(Dictionary<string, string?> values) =>
        AppSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
}
