using System.Net;
using System.Text;
using FunctionsApi.Hosting.Triggers;
using FunctionsApi.Tests.Api;
using FunctionsApi.Tests.Infer;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Hosting;

/// <summary>The protocol by which the host calls functions that a queue or timer triggers.</summary>
public sealed class TriggersTests
{
    private static readonly Dictionary<string, string?> Hosted = new() { ["FUNCTIONS_CUSTOMHANDLER_PORT"] = "7072" };

    [Fact]
    public async Task A_function_gets_data_and_metadata_and_gives_outputs_logs_and_a_value()
    {
        await using var host = await TestHost.StartAsync(Hosted, map: app => app.MapFunction("echo", (request, _) => Task.FromResult(
            new FunctionResponse { Logs = [$"{request.Text("message")} for the {request.Metadata.GetProperty("DequeueCount")}. time"] })));

        var (status, body) = await CallAsync(host, "echo", """{"Data":{"message":"hello"},"Metadata":{"DequeueCount":2}}""");

        status.ShouldBe(HttpStatusCode.OK);
        body.ShouldBe("""{"Outputs":{},"Logs":["hello for the 2. time"],"ReturnValue":null}""");
    }

    [Theory]
    [InlineData("\"text\"", "text")]
    [InlineData("""{"a":1}""", """{"a":1}""")]
    [InlineData("null", "null")]
    public async Task A_bindings_text_is_what_was_sent(string value, string text)
    {
        string? seen = null;
        await using var host = await TestHost.StartAsync(Hosted, map: app => app.MapFunction("echo", (request, _) =>
        {
            seen = request.Text("message");
            request.Text("other").ShouldBeNull();
            return Task.FromResult(new FunctionResponse());
        }));

        await CallAsync(host, "echo", $$$"""{"Data":{"message":{{{value}}}},"Metadata":{}}""");

        seen.ShouldBe(text);
    }

    [Fact]
    public async Task A_function_that_fails_is_no_success_and_says_nothing_of_why()
    {
        await using var host = await TestHost.StartAsync(Hosted, map: app => app.MapFunction("broken", (_, _) =>
            throw new InvalidOperationException("secret at /etc/secret")));

        var (status, body) = await CallAsync(host, "broken", """{"Data":{},"Metadata":{}}""");

        status.ShouldBe(HttpStatusCode.InternalServerError);
        body.ShouldNotContain("secret");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"Data":1}""")]
    public async Task What_is_no_invocation_is_a_400_that_names_the_function(string body)
    {
        await using var host = await TestHost.StartAsync(Hosted, map: MapEcho);
        var (status, answer) = await CallAsync(host, "echo", body);
        status.ShouldBe(HttpStatusCode.BadRequest);
        answer.ShouldContain("'echo'");
    }

    [Fact]
    public async Task Without_the_host_there_is_no_such_address()
    {
        await using var host = await TestHost.StartAsync(map: MapEcho);
        var (status, body) = await CallAsync(host, "echo", """{"Data":{},"Metadata":{}}""");
        status.ShouldBe(HttpStatusCode.NotFound);
        body.ShouldContain("\"not_found\"");
    }

    [Fact]
    public async Task What_a_client_has_sent_by_way_of_the_host_calls_no_function()
    {
        await using var host = await TestHost.StartAsync(Hosted, map: MapEcho);
        var answer = await Wire.SendAsync(host, "POST /echo HTTP/1.1\nX-Forwarded-For: 203.0.113.7\n\n{\"Data\":{}}");
        answer.ShouldStartWith("HTTP/1.1 404 ");
    }

    [Fact]
    public async Task A_function_that_the_program_does_not_have_is_named_with_the_remedy()
    {
        using var logs = new Logs();
        await using var host = await TestHost.StartAsync(Hosted);
        host.Services.GetRequiredService<ILoggerFactory>().AddProvider(logs);

        var (status, body) = await CallAsync(host, "swoop", """{"Data":{"timer":{}},"Metadata":{}}""");

        status.ShouldBe(HttpStatusCode.NotFound);
        body.ShouldBe("""{"error":"unknown_function","message":"This program has no function 'swoop'.","statusCode":404}""");
        logs.Lines.Single(line => line.StartsWith("Error", StringComparison.Ordinal)).ShouldContain("'swoop', which this program does not have. Remove the folder 'swoop'");
    }

    private static void MapEcho(WebApplication app) => app.MapFunction("echo", (_, _) => Task.FromResult(new FunctionResponse()));

    private static async Task<(HttpStatusCode Status, string Body)> CallAsync(TestHost host, string function, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await host.Client.PostAsync($"/{function}", content, TestHost.Cancelled);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestHost.Cancelled));
    }
}
