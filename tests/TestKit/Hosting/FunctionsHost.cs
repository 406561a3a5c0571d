using FunctionsApi.TestKit.Hosting.Bindings;
using FunctionsApi.TestKit.Hosting.Http;
using FunctionsApi.TestKit.Hosting.Protocol;
using FunctionsApi.TestKit.Hosting.Workers;

namespace FunctionsApi.TestKit.Hosting;

/// <summary>
/// A double of the Azure Functions host, in the test's own process: it starts the published isolated worker, speaks the host's gRPC
/// protocol to it, brings it HTTP requests, queue messages and timers, and ends it. It does what version 4.1037 was seen to do.
/// <code>
/// await using var host = await FunctionsHost.StartAsync(new() { AppDirectory = published, Environment = settings });
/// using var client = new HttpClient { BaseAddress = host.Address };   // through the host
/// using var direct = new HttpClient { BaseAddress = host.Worker.Address };   // past it, without an invocation id
/// await host.FireTimerAsync("sweep");
/// await host.Worker.KillAsync();   // SIGKILL; it comes back
/// await host.StopAsync();   // SIGTERM to the host; AbandonAsync is SIGKILL
/// </code>
/// Queue functions listen on the queue's real account. Other kinds of triggers, and bindings whose data the host gives, are added by
/// <see cref="FunctionsHostOptions.Triggers"/> and <see cref="FunctionsHostOptions.InputBindings"/>.
/// </summary>
public sealed class FunctionsHost : IAsyncDisposable
{
    private static readonly Dictionary<string, TypedData> NoMetadata = [];

    private readonly FunctionsHostOptions _options;
    private readonly RpcServer _server;
    private readonly Front _front;
    private readonly HttpProxy _proxy;
    private readonly Invocations _invocations;
    private readonly CancellationTokenSource _stop = new();
    private Task _listening = Task.CompletedTask;

    private FunctionsHost(AppFiles app, HostSettings settings, FunctionsHostOptions options, RpcServer server, Front front)
    {
        _options = options;
        _server = server;
        _front = front;
        App = app;
        Settings = settings;
        Address = front.Address;
        Worker = new(app, settings.ForWorker(app, front.Address, options.Environment), server, options);
        _invocations = new(Worker, app.FunctionTimeout, options.InputBindings);
        _proxy = new(front.Forwarder, Worker, _invocations);
        Ended = EndWithWorkerAsync();
    }

    /// <summary>Where clients reach it: a loopback port of its own.</summary>
    public Uri Address { get; }

    public Worker Worker { get; }

    /// <summary>The functions of the app.</summary>
    public IReadOnlyList<Function> Functions => Worker.Functions;

    /// <summary>What the host sees in its environment.</summary>
    public HostSettings Settings { get; }

    /// <summary>Completed when the worker has ended for good. Where that was by crashing too often, the host has shut down.</summary>
    public Task Ended { get; }

    internal AppFiles App { get; }

    /// <summary>Starts the host and the worker, and waits until the worker has loaded its functions.</summary>
    /// <exception cref="WorkerLostException">The worker crashed three times. The message holds what it said.</exception>
    /// <exception cref="InvalidOperationException">The worker could not index or load its functions, or one of them has a binding that nobody gives data to.</exception>
    /// <exception cref="TimeoutException">It was not ready within <see cref="FunctionsHostOptions.StartLimit"/>.</exception>
    public static async Task<FunctionsHost> StartAsync(FunctionsHostOptions options)
    {
        var app = AppFiles.Read(Path.GetFullPath(options.AppDirectory));
        var settings = new HostSettings(options.Environment);
        var front = new Front(!settings.IsOn("AzureWebJobsDisableHomepage"), options.DrainLimit);
        await front.StartAsync();
        var host = new FunctionsHost(app, settings, options, await RpcServer.StartAsync(), front);
        try
        {
            await host.Worker.ReadyAsync().WaitAsync(options.StartLimit);
            await host.ServeAsync();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Has a timer go off.</summary>
    /// <param name="function">The function's name.</param>
    /// <param name="isPastDue">Whether the function is told that it should have gone off before.</param>
    /// <param name="cancellationToken">Cancels the invocation.</param>
    /// <returns>Once the function has ended.</returns>
    public Task<InvocationResponse> FireTimerAsync(string function, bool isPastDue = false, CancellationToken cancellationToken = default) =>
        InvokeAsync(Find(function), TimerTrigger.Data(isPastDue), cancellationToken: cancellationToken);

    /// <summary>Runs a function once the worker is ready, whatever its trigger is.</summary>
    /// <param name="function">One of <see cref="Functions"/>.</param>
    /// <param name="trigger">The data of its trigger.</param>
    /// <param name="metadata">What else the trigger tells.</param>
    /// <param name="cancellationToken">Cancels the invocation. It still has an answer, which is waited for.</param>
    /// <exception cref="WorkerLostException">The worker ended meanwhile, or was ended after <c>functionTimeout</c>.</exception>
    public async Task<InvocationResponse> InvokeAsync(
        Function function, TypedData trigger, IReadOnlyDictionary<string, TypedData>? metadata = null, CancellationToken cancellationToken = default)
    {
        var channel = await Worker.ChannelAsync().WaitAsync(cancellationToken);
        var request = await _invocations.CreateAsync(function, trigger, metadata ?? NoMetadata, cancellationToken);
        return await _invocations.SendAsync(channel, request, cancellationToken);
    }

    /// <returns>The function of that name.</returns>
    public Function Find(string name) => Functions.Single(function => function.Name == name);

    /// <summary>
    /// Ends as the host does on SIGTERM: listens to nothing any more, lets requests in flight end, asks the worker to stop and kills it
    /// when that takes longer than 5 s.
    /// </summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_front.StopAsync(), Task.WhenAny(_listening, Task.Delay(_options.DrainLimit, TimeProvider.System)));
        await Worker.StopAsync();
        await _server.DisposeAsync();
    }

    /// <summary>Ends as the host does on SIGKILL: every connection is cut, and the worker is left to itself. Disposing kills it.</summary>
    public async Task AbandonAsync()
    {
        Worker.Abandon();
        await _stop.CancelAsync();
        await _server.DisposeAsync();
        await _front.DisposeAsync();
    }

    /// <summary>Ends everything at once.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Worker.EndAsync();
        await _server.DisposeAsync();
        await _front.DisposeAsync();
        _proxy.Dispose();
        Worker.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        var unknown = Functions.SelectMany(function => function.Inputs).FirstOrDefault(input => _options.InputBindings.All(known => known.Type != input.Type));
        if (unknown is not null)
            throw new InvalidOperationException($"Nothing in {nameof(FunctionsHostOptions)}.{nameof(FunctionsHostOptions.InputBindings)} gives data to a {unknown.Type}.");

        _front.SetRoutes(Functions, App.RoutePrefix, _proxy.SendAsync);
        ITriggerListener[] listeners = [new TimerTrigger(), new QueueTrigger(), .. _options.Triggers];
        var listening =
            from function in Functions
            from listener in listeners
            where listener.Type == function.Trigger.Type
            select listener.ListenAsync(function, this, _stop.Token);
        Task[] all = [.. listening];
        _listening = Task.WhenAll(all);
        // A trigger that names no setting of an account, or the like.
        await (all.FirstOrDefault(listener => listener.IsFaulted) ?? Task.CompletedTask);
    }

    private async Task EndWithWorkerAsync()
    {
        if (!await Worker.Ended)
            return;
        await _stop.CancelAsync();
        await _front.StopAsync();
    }
}
