using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Api;

/// <summary>What Kestrel refuses before any of our code has run.</summary>
public sealed class KestrelRefusalTests
{
    private static readonly string TooLong = new('a', 40_000);

    [Theory]
    [InlineData("GET", "/", "X: {0}", "HTTP/1.1 431 Request Header Fields Too Large", """{"error":"request_header_fields_too_large","message":"The headers are too long or too many.","statusCode":431}""")]
    [InlineData("POST", "/infer", "X: {0}", "HTTP/1.1 431 Request Header Fields Too Large", """{"valid":false,"error":"The headers are too long or too many."}""")]
    [InlineData("POST", "/api/v1/analytics/events", "No sense: 1", "HTTP/1.1 400 Bad Request", """{"error":"bad_request","message":"The request is not valid HTTP.","statusCode":400}""")]
    [InlineData("POST", "/infer", "No sense: 1", "HTTP/1.1 400 Bad Request", """{"valid":false,"error":"The request is not valid HTTP."}""")]
    [InlineData("GET", "/{0}", "X: 1", "HTTP/1.1 414 URI Too Long", """{"error":"uri_too_long","message":"The address is too long.","statusCode":414}""")]
    [InlineData("GET /x", "/", "X: 1", "HTTP/1.1 400 Bad Request", """{"error":"bad_request","message":"The request is not valid HTTP.","statusCode":400}""")]
    public async Task Has_the_shape_of_an_API(string method, string path, string header, string status, string body)
    {
        await using var host = await TestHost.StartAsync();

        var answer = await SendAsync(host, string.Format(null, $"{method} {path} HTTP/1.1\r\nHost: a\r\n{header}\r\n\r\n", TooLong));

        answer.ShouldBe($"{status}\nContent-Type: application/json\nContent-Length: {body.Length}\nConnection: close\n\n{body}");
    }

    [Fact]
    public async Task Has_the_shape_of_problem_details_where_they_were_asked_for_before_the_fault()
    {
        await using var host = await TestHost.StartAsync();

        var answer = await SendAsync(host, $"POST /infer HTTP/1.1\r\nHost: a\r\nAccept: application/problem+json\r\nX: {TooLong}\r\n\r\n");

        answer.ShouldEndWith("""
            {"type":"about:blank","title":"Request Header Fields Too Large","status":431,"detail":"The headers are too long or too many.","code":"request_header_fields_too_large"}
            """);
    }

    [Fact]
    public async Task Has_no_body_for_HEAD()
    {
        await using var host = await TestHost.StartAsync();

        var answer = await SendAsync(host, $"HEAD /healthz HTTP/1.1\r\nHost: a\r\nX: {TooLong}\r\n\r\n");

        answer.ShouldStartWith("HTTP/1.1 431 ");
        answer.ShouldEndWith("\n\n");
    }

    [Fact]
    public async Task Is_a_408_where_the_headers_do_not_come()
    {
        await using var host = await TestHost.StartAsync(map: app =>
            app.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits.RequestHeadersTimeout = TimeSpan.FromMilliseconds(1));

        var answer = await SendAsync(host, "POST /infer HTTP/1.1\r\nHost: a\r\n");

        answer.ShouldStartWith("HTTP/1.1 408 Request Timeout\n");
        answer.ShouldEndWith("""{"valid":false,"error":"The request took too long to arrive."}""");
    }

    [Fact]
    public async Task Comes_after_the_answers_to_the_requests_before_it()
    {
        await using var host = await TestHost.StartAsync();

        var answer = await SendAsync(host, $"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\nNo sense: 1\r\n\r\n");

        answer.ShouldContain("""{"status":"alive"}HTTP/1.1 400 Bad Request""");
        answer.ShouldEndWith("\"statusCode\":400}");
    }

    /// <returns>All that comes until the server closes the connection, but for Date.</returns>
    private static async Task<string> SendAsync(TestHost host, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(host.Address.Host, host.Address.Port, TestHost.Cancelled);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), TestHost.Cancelled);
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (await stream.ReadAsync(buffer, TestHost.Cancelled) is > 0 and var read)
                answer.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }
        catch (IOException)
        {
            // Reset, since it did not read all that was sent; what came before it counts.
        }

        return string.Join('\n', answer.ToString().Split("\r\n").Where(line => !line.StartsWith("Date: ", StringComparison.Ordinal)));
    }
}
