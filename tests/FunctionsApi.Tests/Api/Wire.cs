using System.Net.Sockets;
using System.Text;
using Xunit;

namespace FunctionsApi.Tests.Api;

/// <summary>HTTP as bytes, for what no client library would send or show.</summary>
internal static class Wire
{
    /// <summary>In place of a response: the server ended the connection.</summary>
    public const string Reset = "(connection reset)";

    /// <summary>Sends a request on a connection of its own.</summary>
    /// <param name="address">Where to.</param>
    /// <param name="request">Lines up to the first empty one are the head; Host and Connection are added.</param>
    /// <returns>The whole response but for Date, which changes, and Connection.</returns>
    public static async Task<string> SendAsync(Uri address, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(Complete(request)), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        try
        {
            return WithoutVariables(await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
        }
        catch (IOException)
        {
            return Reset;
        }
    }

    private static string Complete(string request)
    {
        var parts = request.ReplaceLineEndings("\n").Split("\n\n", 2);
        var body = parts.Length > 1 ? parts[1] : "";
        var head = parts[0].TrimEnd('\n').Replace("\n", "\r\n", StringComparison.Ordinal);
        var length = body.Length > 0 ? $"Content-Length: {body.Length}\r\n" : "";
        return $"{head}\r\nHost: test\r\nConnection: close\r\n{length}\r\n{body}";
    }

    private static string WithoutVariables(string response) => string.Join('\n', response.ReplaceLineEndings("\n").Split('\n')
        .Where(line => !line.StartsWith("Date: ", StringComparison.Ordinal) && line != "Connection: close"));
}
