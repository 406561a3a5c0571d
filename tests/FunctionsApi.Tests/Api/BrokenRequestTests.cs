using System.Net.Sockets;
using System.Text;
using FunctionsApi.Tests.Infer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Api;

/// <summary>Requests that break off, or that are longer than anybody reads.</summary>
public sealed class BrokenRequestTests
{
    private const string Length = "Content-Length: 1000\r\n\r\n{\"deployment_id\":";
    private const string Chunked = "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"dep\r\n";

    [Theory]
    [InlineData("/infer", Length)]
    [InlineData("/infer", Chunked)]
    [InlineData("/api/v1/analytics/events", Length)]
    [InlineData("/api/v1/knowledge/synthesize", Chunked)]
    [InlineData("/infer/nowhere", Length)]
    [InlineData("/healthz", Length)]
    public async Task A_client_that_resets_in_the_middle_of_its_body_is_nothing_to_log(string path, string rest)
    {
        await using var host = await TestHost.StartAsync();
        using var logs = new Logs();
        host.Services.GetRequiredService<ILoggerFactory>().AddProvider(logs);
        var key = await host.KeyAsync("acme", "alice", "pro", "free");
        for (var times = 0; times < 20; times++)
        {
            using var socket = await ConnectAsync(host);
            await SendAsync(socket, $"POST {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n{rest}");
            // Sometimes before the server has begun to read, and sometimes while it waits for more.
            if (times % 2 == 0)
                await Wire.SendAsync(host.Address, "GET /healthz HTTP/1.1");
            socket.LingerState = new(true, 0);
            socket.Close();
        }

        // Until all of them have ended.
        await host.Services.GetRequiredService<IHost>().StopAsync(TestHost.Cancelled);
        logs.Lines.Where(line => !line.StartsWith(nameof(LogLevel.Information), StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/infer", "Authorization: Bearer {0}", "413")]
    [InlineData("/infer", "Authorization: Bearer {0}\r\nConnection: close", "413")]
    [InlineData("/api/v1/analytics/events", "Authorization: Bearer {0}", "413")]
    [InlineData("/infer", "Authorization: Bearer wrong", "401")]
    [InlineData("/nowhere", "X-Nothing: 1", "404")]
    public async Task A_body_that_nobody_reads_gets_its_answer(string path, string header, string status)
    {
        await using var host = await TestHost.StartAsync();
        var key = await host.KeyAsync("acme", "alice", "pro", "free");
        using var socket = await ConnectAsync(host);
        const int Bytes = 17 << 20;
        await SendAsync(
            socket,
            $"POST {path} HTTP/1.1\r\nHost: a\r\n{string.Format(null, header, key)}\r\nContent-Type: application/json\r\nContent-Length: {Bytes}\r\n\r\n");

        // It is sent whole before anything is read, as by most clients.
        var piece = new byte[1 << 20];
        for (var sent = 0; sent < Bytes; sent += piece.Length)
            await socket.SendAsync(piece, TestHost.Cancelled);

        var answer = new byte[64];
        var length = await socket.ReceiveAsync(answer, TestHost.Cancelled);
        Encoding.ASCII.GetString(answer, 0, length).ShouldStartWith($"HTTP/1.1 {status} ");
    }

    private static async Task<Socket> ConnectAsync(TestHost host)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(host.Address.Host, host.Address.Port, TestHost.Cancelled);
        return socket;
    }

    private static async Task SendAsync(Socket socket, string text) => await socket.SendAsync(Encoding.ASCII.GetBytes(text), TestHost.Cancelled);
}
