using System.Diagnostics;

namespace FunctionsApi.TestKit.Hosting.Workers;

/// <summary>One process of the worker, started as the host starts it.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private readonly Process _process;
    private readonly StreamReader[] _readers;
    private readonly TaskCompletionSource _abandoned = new();

    private WorkerProcess(Process process, WorkerChannel channel, Lines output)
    {
        _process = process;
        _readers = [process.StandardOutput, process.StandardError];
        Channel = channel;
        Id = process.Id;
        Exit = WaitAsync([.. _readers.Select(reader => ReadAsync(reader, output))]);
    }

    public int Id { get; }

    public WorkerChannel Channel { get; }

    /// <summary>Its exit code, once it has ended: 137 where it was killed.</summary>
    public Task<int> Exit { get; }

    public static WorkerProcess Start(AppFiles app, IReadOnlyDictionary<string, string?> environment, Uri server, WorkerChannel channel, Lines output)
    {
        var start = new ProcessStartInfo(app.Executable, [app.Program, .. Arguments(server, channel.WorkerId)])
        {
            WorkingDirectory = app.Directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;

        return new(Process.Start(start)!, channel, output);
    }

    public void Kill()
    {
        if (!Exit.IsCompleted)
            _process.Kill();
    }

    /// <summary>Lets go of it without ending it: what it prints goes nowhere any more.</summary>
    public void Abandon()
    {
        foreach (var reader in _readers)
            reader.Dispose();
        _abandoned.TrySetResult();
    }

    public void Dispose() => _process.Dispose();

    // The older names stand beside the newer ones, as they do on the real host's command line.
    private static string[] Arguments(Uri server, string workerId)
    {
        var (requestId, length) = ($"{Guid.NewGuid()}", $"{RpcServer.MaxMessageLength}");
        return
        [
            "--host", server.Host,
            "--port", $"{server.Port}",
            "--workerId", workerId,
            "--requestId", requestId,
            "--grpcMaxMessageLength", length,
            "--functions-uri", server.AbsoluteUri,
            "--functions-worker-id", workerId,
            "--functions-request-id", requestId,
            "--functions-grpc-max-message-length", length,
        ];
    }

    private async Task<int> WaitAsync(Task[] reading)
    {
        await _process.WaitForExitAsync();
        await Task.WhenAny(Task.WhenAll(reading), _abandoned.Task);
        return _process.ExitCode;
    }

    private static async Task ReadAsync(StreamReader reader, Lines output)
    {
        try
        {
            while (await reader.ReadLineAsync() is { } line)
                output.Add(line);
        }
        catch (Exception exception) when (exception is ObjectDisposedException or IOException or OperationCanceledException)
        {
            // It was abandoned.
        }
    }
}
