using FunctionsApi.Ledgers;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Telemetry;

namespace FunctionsApi.Functions;

/// <summary>
/// Calls a function of our own through the host, whenever the address of the task hub is wanted: the invocation brings it. So the hub's client
/// is there before the first request, and no request pays for the binding.
/// </summary>
/// <param name="client">Takes the address.</param>
/// <param name="hub">What it is for.</param>
/// <param name="host">Where the host listens on this machine.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Hears of a host that is not reached.</param>
internal sealed partial class HubAddressLookup(HubClient client, IEntityHub hub, Uri host, TimeProvider time, ILogger<HubAddressLookup> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>A host that is starting answers later than it starts us, and may need so long.</summary>
    private static readonly TimeSpan TellAfter = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var handler = new SocketsHttpHandler { ActivityHeadersPropagator = TraceContext.None, AllowAutoRedirect = false, UseProxy = false };
#pragma warning disable CA5359 // The certificate of "func start --useHttps" is nobody's; the address is this machine's, and nothing is sent that anybody must not read.
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        using var http = new HttpClient(handler);
        while (!stoppingToken.IsCancellationRequested)
        {
            await client.AddressWantedAsync(stoppingToken);
            await AskAsync(http, stoppingToken);
            await LookAsync(stoppingToken);
        }
    }

    // The very first use of the client takes about a second, for which no request should wait.
    private async Task LookAsync(CancellationToken stopping)
    {
        try
        {
            await hub.ReadAsync(EntityKey.Nobody, stopping);
        }
        catch (LedgerUnavailableException e)
        {
            Log.NoAnswer(logger, e.Message);
            await Task.Delay(Patience, time, stopping);
        }
    }

    private async Task AskAsync(HttpClient http, CancellationToken stopping)
    {
        var (began, hasTold) = (time.GetTimestamp(), false);
        for (var isSecure = false; client.IsAddressWanted; isSecure = !isSecure)
        {
            var said = await CallAsync(http, isSecure, stopping);
            if (!client.IsAddressWanted)
                return;
            if (!hasTold && time.GetElapsedTime(began) >= TellAfter)
            {
                hasTold = true;
                Log.NotReached(logger, host, said);
            }
            await Task.Delay(Pause, time, stopping);
        }
    }

    /// <returns>What came of it.</returns>
    private async Task<string> CallAsync(HttpClient http, bool isSecure, CancellationToken stopping)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var within = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stopping);
        try
        {
            using var answer = await http.GetAsync(new UriBuilder(host) { Scheme = isSecure ? Uri.UriSchemeHttps : Uri.UriSchemeHttp, Path = HubBinding.SelfCalled }.Uri, within.Token);
            return $"It answers {(int)answer.StatusCode}.";
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !stopping.IsCancellationRequested)
        {
            return e.Message;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The client of the Functions host's task hub is there, and its first look is not answered. {Reason}")]
        public static partial void NoAnswer(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Error, "The Functions host is not reached at {Address}, where it would bring the client of its task hub, and so the ledger is not. Correct Quotas__HostAddress, or remove it. {Reason}")]
        public static partial void NotReached(ILogger logger, Uri address, string reason);
    }
}
