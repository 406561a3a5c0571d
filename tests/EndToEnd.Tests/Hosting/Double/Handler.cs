using System.Diagnostics;
using System.Net.Sockets;

namespace FunctionsApi.EndToEnd.Tests.Hosting.Double;

/// <summary>
/// Runs the custom handler as the host does: with the host's whole environment and a port of its own, asked for <c>/</c>
/// until it answers, started again at once when it fails, given up at the third failure within 30 minutes, not started
/// again when it ends with 0, replaced when a request takes too long, and killed in the end.
/// </summary>
internal sealed class Handler(AppRoot root, Action giveUp) : IDisposable
{
    private const int MaxErrors = 3;
    private static readonly TimeSpan ErrorInterval = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan ReadyInterval = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(30);

    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });
    private readonly List<long> _errors = [];
    private volatile TaskCompletionSource<Uri?> _ready = Ready();
    private Process? _process;
    private volatile bool _killed;
    private volatile bool _replaced;

    /// <summary>Where it is, once it has answered; null where it has ended for good.</summary>
    public Task<Uri?> AddressAsync() => _ready.Task;

    public void Start() => _ = RunAsync();

    /// <summary>Kills it for its slowness and starts another, which is no failure of its own.</summary>
    public void Replace()
    {
        _replaced = true;
        _ready = Ready();
        _process?.Kill();
    }

    public void Dispose()
    {
        _killed = true;
        try
        {
            _process?.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }

        _client.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_killed)
        {
            var address = new Uri($"http://127.0.0.1:{FreePort()}");
            using var process = _process = StartProcess(address.Port);
            Say($"Handler {process.Id} is started on port {address.Port}");
            var end = process.WaitForExitAsync();
            await WaitUntilReadyAsync(address, end);
            await end;
            if (_killed)
                return;
            var startsAgain = _replaced || StartsAgainAfter(process.ExitCode);
            _replaced = false;
            Say($"Handler {process.Id} has ended with {process.ExitCode}");
            if (!startsAgain)
                return;
        }
    }

    private bool StartsAgainAfter(int exitCode)
    {
        // Who waits for one that was never ready waits for the next.
        if (_ready.Task.IsCompleted)
            _ready = Ready();
        _errors.Add(Stopwatch.GetTimestamp());
        if (exitCode != 0 && _errors.Count(at => Stopwatch.GetElapsedTime(at) < ErrorInterval) < MaxErrors)
            return true;

        _ready.SetResult(null);
        if (exitCode != 0)
            giveUp();
        return false;
    }

    private async Task WaitUntilReadyAsync(Uri address, Task end)
    {
        var since = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(ReadyInterval);
        while (!end.IsCompleted && Stopwatch.GetElapsedTime(since) < ReadyLimit)
        {
            try
            {
                using var answer = await _client.GetAsync(address);
                Say($"Handler {_process!.Id} is ready");
                _ready.SetResult(address);
                return;
            }
            catch (HttpRequestException)
            {
                await timer.WaitForNextTickAsync();
            }
        }

        _process!.Kill();
    }

    private Process StartProcess(int port)
    {
        var process = new Process
        {
            StartInfo = new(root.Executable)
            {
                WorkingDirectory = root.Directory,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["FUNCTIONS_CUSTOMHANDLER_PORT"] = $"{port}" },
            },
        };
        process.OutputDataReceived += (_, line) => Repeat(line.Data);
        process.ErrorDataReceived += (_, line) => Repeat(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static TaskCompletionSource<Uri?> Ready() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static void Repeat(string? line)
    {
        if (line is not null)
            Say($"handler: {line}");
    }

    private static void Say(string line) => Console.WriteLine(line);
}
