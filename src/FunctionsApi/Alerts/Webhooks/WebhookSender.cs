using System.Globalization;
using System.Net;
using System.Text;
using FunctionsApi.Internet;
using FunctionsApi.Settings;
using FunctionsApi.Telemetry;

namespace FunctionsApi.Alerts.Webhooks;

/// <summary>Sends a message once, in the form of Standard Webhooks (https://www.standardwebhooks.com).</summary>
internal sealed class WebhookSender : IDisposable
{
    /// <summary>In which a receiver must have answered.</summary>
    public static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    public WebhookSender(CrawlOptions options, TimeProvider time)
    {
        _time = time;
        _http = new(new SocketsHttpHandler
        {
            ActivityHeadersPropagator = TraceContext.None,
            // A redirect would let the receiver choose another address, and most clients turn a POST into a GET there.
            AllowAutoRedirect = false,
            ConnectCallback = (context, cancellationToken) =>
                PublicAddress.ConnectAsync(
                    context.DnsEndPoint, options.Opens(context.DnsEndPoint.Host, context.DnsEndPoint.Port), cancellationToken),
            // A name that changes its address is asked for again.
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            UseCookies = false,
            UseProxy = false,
        });
        _http.Timeout = Timeout.InfiniteTimeSpan;
        _http.DefaultRequestHeaders.Add("User-Agent", "FunctionsApi-Webhooks/0.1");
    }

    /// <summary>Any answer of 200 to 299 takes the message; its body is not read.</summary>
    /// <returns>Why it was not delivered; null: it was.</returns>
    public async Task<WebhookFailure?> TrySendAsync(Webhook webhook, AlertMessage message, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(MaxTime, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        using var request = Request(webhook, message, _time.GetUtcNow());
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return response.IsSuccessStatusCode ? null : new($"The receiver answered {(int)response.StatusCode}.", response.StatusCode == HttpStatusCode.Gone);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return new($"The receiver did not answer within {MaxTime.TotalSeconds:N0} seconds.");
        }
        catch (HttpRequestException exception)
        {
            return new(exception.InnerException is PrivateAddressException { Message: var reason } ? reason : ReasonOf(exception.HttpRequestError));
        }
        catch (IOException)
        {
            return new("The receiver broke the connection off.");
        }
    }

    public void Dispose() => _http.Dispose();

    private static HttpRequestMessage Request(Webhook webhook, AlertMessage message, DateTimeOffset now)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, webhook.Url)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(message.Body)) { Headers = { ContentType = new("application/json") } },
        };
        request.Headers.Add("webhook-id", message.Id);
        request.Headers.Add("webhook-timestamp", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", webhook.Sign(message.Id, now, message.Body));
        return request;
    }

    private static string ReasonOf(HttpRequestError error) => error switch
    {
        HttpRequestError.NameResolutionError => "The receiver's name is unknown.",
        HttpRequestError.SecureConnectionError => "The receiver's certificate is not valid.",
        HttpRequestError.ConnectionError => "The receiver does not accept connections.",
        _ => "The receiver did not answer with valid HTTP.",
    };
}
