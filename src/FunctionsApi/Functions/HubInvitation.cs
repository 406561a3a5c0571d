using FunctionsApi.Ledgers;
using FunctionsApi.Telemetry;

namespace FunctionsApi.Functions;

/// <summary>
/// Calls a function of our own through the host, whenever the task hub's client is wanted: the invocation brings it. So it is there before
/// the first request, and no request pays for the binding.
/// </summary>
/// <param name="client">What is wanted.</param>
/// <param name="host">Where the host listens on this machine.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Hears of a host that is not reached.</param>
internal sealed partial class HubInvitation(HubClient client, Uri host, TimeProvider time, ILogger<HubInvitation> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>A host that is starting answers later than it starts us, and may need so long.</summary>
    private static readonly TimeSpan TellAfter = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var handler = new SocketsHttpHandler { ActivityHeadersPropagator = TraceContext.None, AllowAutoRedirect = false, UseProxy = false };
        // The certificate of "func start --useHttps" is nobody's, and nothing is sent that anybody must not read.
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        using var http = new HttpClient(handler);
        while (!stoppingToken.IsCancellationRequested)
        {
            await client.WantedAsync(stoppingToken);
            await AskAsync(http, stoppingToken);
        }
    }

    private async Task AskAsync(HttpClient http, CancellationToken stopping)
    {
        var (began, hasTold) = (time.GetTimestamp(), false);
        for (var isSecure = false; client.IsWanted; isSecure = !isSecure)
        {
            var said = await CallAsync(http, isSecure, stopping);
            if (!client.IsWanted)
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
            using var answer = await http.GetAsync(new UriBuilder(host) { Scheme = isSecure ? Uri.UriSchemeHttps : Uri.UriSchemeHttp, Path = HubBinding.SeldomCalled }.Uri, within.Token);
            return $"It answers {(int)answer.StatusCode}.";
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !stopping.IsCancellationRequested)
        {
            return e.Message;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The Functions host is not reached at {Address}, where it would bring the client of its task hub, and so the ledger is not. Correct Quotas__HostAddress, or remove it. {Reason}")]
        public static partial void NotReached(ILogger logger, Uri address, string reason);
    }
}
