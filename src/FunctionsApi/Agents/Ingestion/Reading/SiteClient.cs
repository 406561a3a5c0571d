using System.Buffers;
using System.Net;
using FunctionsApi.Internet;
using FunctionsApi.Settings;
using FunctionsApi.Telemetry;

namespace FunctionsApi.Agents.Ingestion.Reading;

/// <summary>Makes one request to a site, within limits of time, bytes and addresses. It follows no redirect.</summary>
internal sealed class SiteClient : IDisposable
{
    /// <summary>The product token of the crawler, by which robots.txt may name it.</summary>
    public const string Agent = "FunctionsApi-Crawler";

    /// <summary>How long one answer may take, its body included.</summary>
    public static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(15);

    private const int MaxValidator = 256;

    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    /// <param name="options">Which addresses may be connected to.</param>
    /// <param name="time">The clock.</param>
    /// <param name="resolve">Finds a host's addresses; null is DNS.</param>
    public SiteClient(CrawlOptions options, TimeProvider time, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
    {
        _time = time;
        _http = new(new SocketsHttpHandler
        {
            ActivityHeadersPropagator = TraceContext.None,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.All,
            ConnectCallback = (context, cancellationToken) => PublicAddress.ConnectAsync(
                context.DnsEndPoint, options.Opens(context.DnsEndPoint.Host, context.DnsEndPoint.Port), cancellationToken, resolve),
            UseCookies = false,
            // A proxy would connect in our stead, and to wherever it likes.
            UseProxy = false,
        });
        _http.Timeout = Timeout.InfiniteTimeSpan;
        _http.DefaultRequestHeaders.Add("User-Agent", $"{Agent}/0.1");
    }

    /// <exception cref="PageException">There is no answer, or it is too long or too slow.</exception>
    public async Task<SiteAnswer> GetAsync(SiteRequest request, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(MaxTime, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var message = new HttpRequestMessage(HttpMethod.Get, request.Url);
            message.Headers.TryAddWithoutValidation("Accept", request.Accept);
            if (request.IfNoneMatch is { } eTag)
                message.Headers.TryAddWithoutValidation("If-None-Match", eTag);
            message.Headers.IfModifiedSince = request.IfModifiedSince;
            using var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return await AnswerAsync(request, response, either.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            throw new PageException($"It took longer than {MaxTime.TotalSeconds:N0} seconds.");
        }
        catch (HttpRequestException exception)
        {
            throw new PageException(exception.InnerException is PrivateAddressException refused ? refused.Message : ReasonOf(exception.HttpRequestError));
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            throw new PageException("It broke off before its end.");
        }
    }

    public void Dispose() => _http.Dispose();

    private static async Task<SiteAnswer> AnswerAsync(SiteRequest request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var type = response.Content.Headers.ContentType;
        return new(request.Url, (int)response.StatusCode)
        {
            Body = response.StatusCode == HttpStatusCode.OK ? await ReadAsync(request, response, cancellationToken) : [],
            Location = response.Headers.Location,
            MediaType = type?.MediaType,
            Charset = type?.CharSet,
            ETag = Header(response, "ETag") is { Length: <= MaxValidator } eTag && eTag.All(letter => letter is >= ' ' and <= '~') ? eTag : null,
            LastModified = response.Content.Headers.LastModified,
            RetryAfter = response.Headers.RetryAfter is { } after ? after.Delta ?? after.Date - response.Headers.Date : null,
            RobotsTags = response.Headers.TryGetValues("X-Robots-Tag", out var tags) ? [.. tags] : [],
        };
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;

    /// <summary>The body, unpacked; its limit holds for what comes out, however small it came.</summary>
    private static async Task<byte[]> ReadAsync(SiteRequest request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var most = request.MaxBytes(response.Content.Headers.ContentType?.MediaType);
        if (!request.IsCutOff && response.Content.Headers.ContentLength > most)
            throw TooLong(most);
        await using var content = await response.Content.ReadAsStreamAsync(cancellationToken);
        var bytes = new ArrayBufferWriter<byte>(64 * 1024);
        while (await content.ReadAsync(bytes.GetMemory(16 * 1024), cancellationToken) is > 0 and var read)
        {
            bytes.Advance(read);
            if (bytes.WrittenCount <= most)
                continue;
            if (request.IsCutOff)
                break;
            throw TooLong(most);
        }

        return bytes.WrittenSpan[..Math.Min(bytes.WrittenCount, most)].ToArray();
    }

    private static PageException TooLong(int most) => new($"It is longer than {most:N0} bytes.");

    private static string ReasonOf(HttpRequestError error) => error switch
    {
        HttpRequestError.NameResolutionError => "The host's name is unknown.",
        HttpRequestError.SecureConnectionError => "The host's certificate is not valid.",
        HttpRequestError.ConnectionError => "The host does not accept connections.",
        HttpRequestError.ResponseEnded => "It broke off before its end.",
        _ => "The host did not answer with valid HTTP.",
    };
}

/// <summary>What is asked of a site.</summary>
/// <param name="Url">Absolute, http or https.</param>
internal sealed record SiteRequest(Uri Url)
{
    public string Accept { get; init; } = "*/*";

    /// <summary>The longest body that is taken of a media type, which may be null.</summary>
    public Func<string?, int> MaxBytes { get; init; } = _ => 2 * 1024 * 1024;

    /// <summary>Whether a longer body is read as far as that goes, in place of not at all.</summary>
    public bool IsCutOff { get; init; }

    public string? IfNoneMatch { get; init; }

    public DateTimeOffset? IfModifiedSince { get; init; }
}

/// <summary>What a site answered.</summary>
/// <param name="Url">What was asked for.</param>
/// <param name="Status">The status.</param>
internal sealed record SiteAnswer(Uri Url, int Status)
{
    /// <summary>Of a 200, unpacked; else empty.</summary>
    public byte[] Body { get; init; } = [];

    public Uri? Location { get; init; }

    public string? MediaType { get; init; }

    public string? Charset { get; init; }

    /// <summary>As it was served; null where there is none that may be sent back.</summary>
    public string? ETag { get; init; }

    public DateTimeOffset? LastModified { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What the site says to crawlers in <c>X-Robots-Tag</c>.</summary>
    public IReadOnlyList<string> RobotsTags { get; init; } = [];

    /// <summary>Where it sends its reader; null where it does not.</summary>
    public Uri? RedirectsTo => Status is 301 or 302 or 303 or 307 or 308 && Location is { } location && Uri.TryCreate(Url, location, out var target) ? target : null;
}
