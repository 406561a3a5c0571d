// A server's only way to its store leads through one of these. It reads what the server sends and passes every byte on. What
// that takes is printed below the cold keys, where operations are most: a fraction of what Azurite takes for them.

using System.Net;
using System.Net.Sockets;

namespace FunctionsApi.Benchmarks.Clusters;

/// <summary>Counts what one server asks of Azure Tables.</summary>
internal sealed class OperationCounter : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _store;
    private long _quota;
    private long _keys;
    private long _other;
    private volatile Exception? _failure;

    /// <param name="store">The port of Azurite.</param>
    public OperationCounter(int store)
    {
        _store = store;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Since the start.</summary>
    public Operations Count => _failure is { } failure
        ? throw new InvalidOperationException("Operations were not counted.", failure)
        : new(Interlocked.Read(ref _quota), Interlocked.Read(ref _keys), Interlocked.Read(ref _other));

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = PassOnAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It is over.
        }
    }

    private async Task PassOnAsync(TcpClient server)
    {
        using var store = new TcpClient();
        using (server)
        {
            try
            {
                await store.ConnectAsync(IPAddress.Loopback, _store);
                server.NoDelay = store.NoDelay = true;
                var scanner = new RequestScanner(Add);
                await Task.WhenAny(
                    CopyAsync(server.GetStream(), store.GetStream(), scanner.Scan),
                    CopyAsync(store.GetStream(), server.GetStream(), _ => { }));
            }
            catch (SocketException)
            {
                // The store is gone, and the server sees that.
            }
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, Action<ReadOnlySpan<byte>> look)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReadAsync(buffer) is > 0 and var count)
            {
                look(buffer.AsSpan(0, count));
                await to.WriteAsync(buffer.AsMemory(0, count));
            }
        }
        catch (IOException)
        {
            // Either end closed the connection.
        }
        catch (ObjectDisposedException)
        {
            // The other direction ended.
        }
        catch (InvalidDataException exception)
        {
            _failure = exception;
        }
    }

    // As in /devstoreaccount1/Quotas(PartitionKey='…',RowKey='…') or /devstoreaccount1/$batch.
    private void Add(string path)
    {
        var table = path.Split('/', '(', '?')[2];
        Interlocked.Increment(ref table == "Quotas" ? ref _quota : ref table == "KeysById" ? ref _keys : ref _other);
    }
}
