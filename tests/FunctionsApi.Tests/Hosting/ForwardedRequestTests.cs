using FunctionsApi.EndToEnd.Tests.Hosting.Double;
using FunctionsApi.Tests.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Hosting;

/// <summary>Who calls, and by which address: the host's word where it has started us, and otherwise the connection's.</summary>
public sealed class ForwardedRequestTests
{
    private const string Spoofed = "X-Forwarded-For: 10.9.9.9\nX-Forwarded-Host: evil.example\nX-Forwarded-Proto: gopher";

    [Fact]
    public async Task Behind_the_host_they_are_the_last_of_the_forwarded_ones()
    {
        await using var host = await TestHost.StartAsync(new() { ["FUNCTIONS_CUSTOMHANDLER_PORT"] = "7072" }, map: Map);
        var answer = await Wire.SendAsync(host, """
            GET /whoami HTTP/1.1
            X-Forwarded-For: 10.9.9.9, 203.0.113.7:1234
            X-Forwarded-Host: evil.example, api.example
            X-Forwarded-Proto: gopher, https
            """);
        answer.ShouldContain("\nhttps://api.example from 203.0.113.7");
    }

    [Fact]
    public async Task Without_the_host_nobody_is_believed()
    {
        await using var host = await TestHost.StartAsync(map: Map);
        (await Wire.SendAsync(host, $"GET /whoami HTTP/1.1\n{Spoofed}")).ShouldContain("\nhttp://test from 127.0.0.1");
    }

    [Fact]
    public async Task A_request_that_the_host_has_rebuilt_carries_the_clients_word_alone_which_is_not_believed()
    {
        await using var host = await TestHost.StartAsync(new() { ["FUNCTIONS_CUSTOMHANDLER_PORT"] = "7072" }, map: Map);
        (await Wire.SendAsync(host, $"GET /whoami HTTP/1.1\nX-Azure-Functions-InvocationId: {Guid.NewGuid()}\n{Spoofed}"))
            .ShouldContain("\nhttp://test from 127.0.0.1");
    }

    [Fact]
    public async Task What_a_client_claims_to_the_host_is_not_believed_in_either_mode()
    {
        foreach (var mode in Enum.GetValues<HostMode>())
        {
            await using var host = await TestHost.StartAsync(map: MapBelowInfer, behind: mode);
            (await Wire.SendAsync(host, $"GET /infer/whoami HTTP/1.1\n{Spoofed}")).ShouldContain("\nhttp://test from 127.0.0.1", customMessage: $"{mode}");
        }
    }

    private static void Map(WebApplication app) => app.MapGet("/whoami", WhoAmI);

    private static void MapBelowInfer(WebApplication app) => app.MapGet("/infer/whoami", WhoAmI);

    private static string WhoAmI(HttpContext http) => $"{http.Request.Scheme}://{http.Request.Host} from {http.Connection.RemoteIpAddress}";
}
