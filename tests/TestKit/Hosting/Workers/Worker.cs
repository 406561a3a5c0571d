using System.Diagnostics;
using FunctionsApi.TestKit.Hosting.Bindings;
using FunctionsApi.TestKit.Hosting.Protocol;

namespace FunctionsApi.TestKit.Hosting.Workers;

/// <summary>
/// The worker, kept running as the host does it. When it ends with 0 it is not started again, and a caller that waits for it waits for ever.
/// When it crashes, what it had in hand fails, and it is started again: at once, but no sooner than
/// <see cref="FunctionsHostOptions.RestartInterval"/> after the last time, and not after the third crash within half an hour.
/// </summary>
public sealed class Worker : IDisposable
{
    private const int SuccessCode = 0;
    private const int RestartPleaseCode = 200;
    private const int MaxCrashes = 3;
    private static readonly TimeSpan CrashInterval = TimeSpan.FromMinutes(30);

    private readonly Func<WorkerProcess> _start;
    private readonly FunctionsHostOptions _options;
    private readonly string _directory;
    private readonly List<long> _crashes = [];
    private readonly CancellationTokenSource _end = new();
    private volatile TaskCompletionSource<WorkerChannel> _ready = NotReady();
    private volatile WorkerProcess _process;
    private volatile bool _recycled;
    private long? _restartedAt;

    internal Worker(AppFiles app, IReadOnlyDictionary<string, string?> environment, RpcServer server, FunctionsHostOptions options)
    {
        _options = options;
        _directory = app.Directory;
        _start = () => WorkerProcess.Start(app, environment, server.Address, server.Open(Output), Output);
        _process = _start();
        Ended = SuperviseAsync();
    }

    /// <summary>Of the process that runs, or ran last.</summary>
    public int ProcessId => _process.Id;

    /// <summary>The exit code of that process, once it has ended: 137 where it was killed.</summary>
    public Task<int> Exit => _process.Exit;

    /// <summary>How often it was started again.</summary>
    public int Restarts { get; private set; }

    /// <summary>What it has printed, and what it has logged at the host.</summary>
    public Lines Output { get; } = new();

    /// <summary>Its own port for HTTP, on which it can be reached past the host from the same machine.</summary>
    public Uri Address => new(_process.Channel.Capabilities["HttpUri"]);

    /// <summary>The index of its functions, which it is asked for once.</summary>
    internal IReadOnlyList<Function> Functions { get; private set; } = [];

    /// <summary>True once it has crashed too often; false where it ended or was ended.</summary>
    internal Task<bool> Ended { get; }

    private bool IsEnding => _end.IsCancellationRequested;

    /// <summary>Kills it by SIGKILL, as an operating system without memory does, and waits until the host has noticed.</summary>
    public async Task KillAsync()
    {
        var process = _process;
        process.Kill();
        await Task.WhenAny(process.Channel.Lost, Ended);
    }

    /// <summary>Waits until it can be asked for an invocation: for ever where it has ended with 0.</summary>
    /// <exception cref="WorkerLostException">It has crashed too often, or the host has ended it.</exception>
    public Task ReadyAsync() => _ready.Task;

    internal Task<WorkerChannel> ChannelAsync() => _ready.Task;

    /// <summary>Kills it for an invocation that takes too long and starts another, which is no crash.</summary>
    internal void Recycle()
    {
        _recycled = true;
        _process.Kill();
    }

    /// <summary>Asks it to stop, and kills it where that takes longer than <see cref="FunctionsHostOptions.GracePeriod"/>.</summary>
    internal async Task StopAsync()
    {
        await _end.CancelAsync();
        var process = _process;
        if (process.Channel.Can("HandlesWorkerTerminateMessage"))
        {
            process.Channel.Send(new() { WorkerTerminate = new() { GracePeriod = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(_options.GracePeriod) } });
            await Task.WhenAny(process.Exit, Task.Delay(_options.GracePeriod, TimeProvider.System));
        }

        await EndAsync();
    }

    /// <summary>Lets it run, as a host does that is killed itself.</summary>
    internal void Abandon()
    {
        _end.Cancel();
        _process.Abandon();
    }

    public void Dispose() => _end.Dispose();

    /// <summary>Kills it for good.</summary>
    internal async Task EndAsync()
    {
        await _end.CancelAsync();
        _process.Kill();
        await Ended;
    }

    private async Task<bool> SuperviseAsync()
    {
        for (; ; Restarts++)
        {
            using var process = _process;
            var starting = GetReadyAsync(process.Channel);
            var code = await process.Exit;
            if (code == SuccessCode && !IsEnding)
            {
                _ready = NotReady();
                return false;
            }

            var lost = new WorkerLostException($"The worker ended with {code}. It said:{Environment.NewLine}{Output}");
            var goesOn = !IsEnding && !IsTooMuch(code);
            // Who waits for one that was never ready waits for the next.
            if (_ready.Task.IsCompleted)
                _ready = NotReady();
            if (!goesOn)
                _ready.TrySetException(lost);
            process.Channel.Fail(lost);
            await starting;
            if (!goesOn)
                return !IsEnding;
            await UntilRestartAsync();
            if (IsEnding)
                return false;
            _process = _start();
            // A call that ended it meanwhile has ended the process before this one.
            if (IsEnding)
                _process.Kill();
        }
    }

    private bool IsTooMuch(int code)
    {
        if (code == RestartPleaseCode || _recycled)
        {
            _recycled = false;
            return false;
        }

        _crashes.Add(Stopwatch.GetTimestamp());
        return _crashes.Count(at => Stopwatch.GetElapsedTime(at) < CrashInterval) >= MaxCrashes;
    }

    private async Task UntilRestartAsync()
    {
        if (_restartedAt is { } at && _options.RestartInterval - Stopwatch.GetElapsedTime(at) is { Ticks: > 0 } wait)
            await Task.Delay(wait, TimeProvider.System, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _restartedAt = Stopwatch.GetTimestamp();
    }

    /// <summary>From the worker's first message to its functions being loaded.</summary>
    private async Task GetReadyAsync(WorkerChannel channel)
    {
        try
        {
            await channel.Started;
            await InitializeAsync(channel);
            if (Functions.Count == 0)
                Functions = await IndexAsync(channel);
            foreach (var function in Functions)
                await LoadAsync(channel, function);
            _ready.TrySetResult(channel);
        }
        catch (WorkerLostException)
        {
            // It has ended, and is supervised.
        }
        catch (InvalidOperationException exception)
        {
            _ready.TrySetException(exception);
        }
    }

    private async Task InitializeAsync(WorkerChannel channel)
    {
        var answer = await channel.AskAsync(new()
        {
            WorkerInitRequest = new() { HostVersion = "4.1037.0.0", WorkerDirectory = _directory, FunctionAppDirectory = _directory },
        });
        channel.Capabilities = answer.WorkerInitResponse.Capabilities.ToDictionary();
    }

    private async Task<IReadOnlyList<Function>> IndexAsync(WorkerChannel channel)
    {
        var answer = await channel.AskAsync(new() { FunctionsMetadataRequest = new() { FunctionAppDirectory = _directory } });
        var index = answer.FunctionMetadataResponse;
        ThrowIfFailed(index.Result);
        return [.. index.FunctionMetadataResults.Select(Function.Read)];
    }

    private static async Task LoadAsync(WorkerChannel channel, Function function)
    {
        var answer = await channel.AskAsync(new() { FunctionLoadRequest = new() { FunctionId = function.Id, Metadata = function.Metadata } });
        ThrowIfFailed(answer.FunctionLoadResponse.Result);
    }

    private static void ThrowIfFailed(StatusResult result)
    {
        if (result.Status != StatusResult.Types.Status.Success)
            throw new InvalidOperationException(result.Exception?.Message ?? result.Result);
    }

    private static TaskCompletionSource<WorkerChannel> NotReady() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
