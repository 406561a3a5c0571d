using System.Net.Sockets;
using System.Text;

namespace FunctionsApi.EndToEnd.Tests.WrongInput;

/// <summary>Sends what no decent client would.</summary>
internal static class RawConnection
{
    /// <summary>At the end of a request: the client says that it has no more to send.</summary>
    public const string Fin = "<FIN>";

    /// <param name="server">To whom.</param>
    /// <param name="request">A character for each byte.</param>
    /// <returns>All that came until the server closed the connection.</returns>
    public static async Task<string> SendAsync(Uri server, string request)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Host, server.Port, TestContext.Current.CancellationToken);
        var answer = ReadAsync(socket);
        await SendAsync(socket, request);
        return await Patience.WaitAsync(answer, "the server to close the connection");
    }

    private static async Task SendAsync(Socket socket, string request)
    {
        try
        {
            var bytes = Encoding.Latin1.GetBytes(request.Replace(Fin, "", StringComparison.Ordinal));
            await socket.SendAsync(bytes, TestContext.Current.CancellationToken);
            if (request.EndsWith(Fin, StringComparison.Ordinal))
                socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The server has heard enough.
        }
    }

    private static async Task<string> ReadAsync(Socket socket)
    {
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer) is > 0 and var count)
                answer.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }
        catch (SocketException)
        {
            // Closed without a goodbye, after a request that was not read to its end.
        }

        return answer.ToString();
    }
}
