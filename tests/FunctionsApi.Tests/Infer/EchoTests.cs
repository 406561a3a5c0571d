using System.Net;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using FunctionsApi.Infer;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infer;

public sealed class EchoTests
{
    [Fact]
    public async Task Echo_answers_with_the_inputs_exactly_as_they_were_sent()
    {
        await using var host = await InferHost.StartAsync();
        var inputs = """{ "a" : 1.0,"b":-0, "c":1E+400,"a":"\u00e9\/é😀","d":[ ] }""";
        var response = await host.PostAsync($$"""{"inputs":{{inputs}},"other":1,"deployment_id":"echo"}""");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.ToString().ShouldBe("application/json");
        (await response.TextAsync()).ShouldBe($$"""{"valid":true,"deployment_id":"echo","outputs":{{inputs}}}""");
        host.Consumed.ShouldBe(1);
    }

    [Fact]
    public async Task A_body_of_nearly_1_MiB_is_echoed()
    {
        await using var host = await InferHost.StartAsync();
        var inputs = $$"""{"a":"{{new string('a', (1024 * 1024) - 100)}}"}""";
        var response = await host.PostAsync($$"""{"deployment_id":"echo","inputs":{{inputs}}}""");
        (await response.TextAsync()).ShouldBe($$"""{"valid":true,"deployment_id":"echo","outputs":{{inputs}}}""");
    }

    [Fact]
    public async Task An_id_may_be_spelled_with_escapes()
    {
        await using var host = await InferHost.StartAsync();
        var response = await host.PostAsync("""{"deployment_id":"ech\u006f","inputs":{}}""");
        (await response.TextAsync()).ShouldBe("""{"valid":true,"deployment_id":"echo","outputs":{}}""");
    }

    [Fact]
    public async Task A_deployment_that_weighs_more_takes_more_permits()
    {
        await using var host = await InferHost.StartAsync();
        await host.SetAsync(new() { Tenant = InferHost.Tenant, Id = "heavy", Backend = Backend.Echo, Weight = 5 });
        (await host.PostAsync("""{"deployment_id":"heavy","inputs":{}}""")).StatusCode.ShouldBe(HttpStatusCode.OK);
        host.Consumed.ShouldBe(5);
    }

    [Fact]
    public async Task A_tenants_own_echo_comes_before_the_built_in_one()
    {
        await using var host = await InferHost.StartAsync();
        await host.SetAsync(Deployment.ImplicitEcho(InferHost.Tenant) with { Weight = 3 });
        await host.PostAsync("""{"deployment_id":"echo","inputs":{}}""");
        host.Consumed.ShouldBe(3);
    }

    [Fact]
    public void Whatever_object_is_sent_comes_back_byte_for_byte() =>
        Prop.ForAll(JsonTexts.Objects.ToArbitrary(), JsonTexts.Spaces.ToArbitrary(), (inputs, space) =>
        {
            var sent = $$"""{{{space}}"deployment_id":"echo"{{space}},"inputs":{{space}}{{inputs}}{{space}}}""";
            Echo(sent).ShouldBe($$"""{"valid":true,"deployment_id":"echo","outputs":{{inputs}}}""");
        }).QuickCheckThrowOnFailure();

    private static string Echo(string body)
    {
        var http = new DefaultHttpContext();
        using var answer = new MemoryStream();
        http.Response.Body = answer;
        using var json = JsonDocument.Parse(Encoding.UTF8.GetBytes(body));
        EchoBackend.Answer(http.Response, Deployment.ImplicitEcho("acme"), InferCall.Parse(json).Inputs);
        http.Response.BodyWriter.FlushAsync().AsTask().GetAwaiter().GetResult();
        return Encoding.UTF8.GetString(answer.ToArray());
    }
}
