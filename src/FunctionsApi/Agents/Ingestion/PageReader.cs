using System.Buffers;
using System.Net;
using System.Text;
using FunctionsApi.Internet;
using FunctionsApi.Settings;
using FunctionsApi.Telemetry;

namespace FunctionsApi.Agents.Ingestion;

/// <summary>Reads one page from the internet, within limits.</summary>
internal sealed class PageReader : IDisposable
{
    /// <summary>Redirects included. Shorter than a claim and than the time for which a message is hidden.</summary>
    public static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(15);

    public const int MaxBytes = 2 * 1024 * 1024;

    private const int MaxRedirects = 5;

    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    public PageReader(CrawlOptions options, TimeProvider time)
    {
        _time = time;
        _http = new(new SocketsHttpHandler
        {
            ActivityHeadersPropagator = TraceContext.None,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.All,
            ConnectCallback = (context, cancellationToken) =>
                PublicAddress.ConnectAsync(context.DnsEndPoint, options.AllowPrivateAddresses, cancellationToken),
            UseCookies = false,
            // A proxy would connect in our stead, and to wherever it likes.
            UseProxy = false,
        });
        _http.Timeout = Timeout.InfiniteTimeSpan;
        _http.DefaultRequestHeaders.Add("User-Agent", "FunctionsApi-Crawler/0.1");
        _http.DefaultRequestHeaders.Add("Accept", "text/html, text/plain;q=0.9");
    }

    /// <exception cref="PageException">It cannot be read, for the reason given.</exception>
    public async Task<Page> ReadAsync(Uri url, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(MaxTime, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var response = await FollowAsync(url, either.Token);
            var page = await ReadAsync(response, either.Token);
            return page with { Links = Resolve(page.Links, response.RequestMessage!.RequestUri!, url) };
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            throw new PageException($"The page took longer than {MaxTime.TotalSeconds:N0} seconds.");
        }
        catch (HttpRequestException exception)
        {
            throw new PageException(exception.InnerException is PrivateAddressException { Message: var reason } ? reason : ReasonOf(exception.HttpRequestError));
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            throw new PageException("The page broke off before its end.");
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> FollowAsync(Uri start, CancellationToken cancellationToken)
    {
        var url = start;
        for (var redirects = 0; redirects <= MaxRedirects; redirects++)
        {
            var response = await _http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } location)
                return response;
            response.Dispose();
            url = new(url, location);
            if (url.Scheme is not ("http" or "https") || url.UserInfo.Length > 0 || !SameHost(url, start))
                throw new PageException($"The page redirects to another host, {url.Host}.");
        }

        throw new PageException($"The page redirects more than {MaxRedirects} times.");
    }

    /// <summary>Links that lead to another page of the same host, absolute and without fragments.</summary>
    private static List<string> Resolve(IReadOnlyList<string> links, Uri page, Uri start) =>
    [
        .. from link in links
           let target = Uri.TryCreate(page, link, out var absolute) ? absolute : null
           where target is { Scheme: "http" or "https", UserInfo: "" } && SameHost(target, start)
           let url = target.GetLeftPart(UriPartial.Query)
           where url.Length <= StartCrawl.MaxUrlLength
           select url,
    ];

    // Another port is another server, but for the step from http to https.
    private static bool SameHost(Uri a, Uri b) =>
        string.Equals(a.IdnHost, b.IdnHost, StringComparison.OrdinalIgnoreCase)
        && (a.Port == b.Port || (a.IsDefaultPort && b.IsDefaultPort));

    private static async Task<Page> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (!response.IsSuccessStatusCode)
            throw new PageException($"The page answered {(int)response.StatusCode}.");
        var type = response.Content.Headers.ContentType;
        if (type?.MediaType is not ("text/html" or "text/plain"))
            throw new PageException($"The page is {type?.MediaType ?? "of no stated type"}, not text/html or text/plain.");

        var text = EncodingOf(type.CharSet).GetString(await ReadBytesAsync(response, cancellationToken));
        return type.MediaType == "text/html" ? HtmlText.Read(text) : new("", HtmlText.Tidy(text));
    }

    private static async Task<byte[]> ReadBytesAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var content = await response.Content.ReadAsStreamAsync(cancellationToken);
        var bytes = new ArrayBufferWriter<byte>(64 * 1024);
        while (await content.ReadAsync(bytes.GetMemory(16 * 1024), cancellationToken) is > 0 and var read)
        {
            bytes.Advance(read);
            if (bytes.WrittenCount > MaxBytes)
                throw new PageException($"The page is longer than {MaxBytes:N0} bytes.");
        }

        return bytes.WrittenSpan.ToArray();
    }

    private static Encoding EncodingOf(string? charset)
    {
        try
        {
            var name = charset?.Trim('"', '\'', ' ');
            return string.IsNullOrEmpty(name)
                ? Encoding.UTF8
                : CodePagesEncodingProvider.Instance.GetEncoding(name) ?? Encoding.GetEncoding(name);
        }
        catch (ArgumentException)
        {
            return Encoding.UTF8;
        }
    }

    private static string ReasonOf(HttpRequestError error) => error switch
    {
        HttpRequestError.NameResolutionError => "The host's name is unknown.",
        HttpRequestError.SecureConnectionError => "The host's certificate is not valid.",
        HttpRequestError.ConnectionError => "The host does not accept connections.",
        _ => "The host did not answer with valid HTTP.",
    };
}

/// <param name="Title">Empty where it has none.</param>
/// <param name="Text">Its readable text, a paragraph to a line.</param>
internal sealed record Page(string Title, string Text)
{
    /// <summary>Where it links to, as it says it; once a reader has it, absolute and on the same host.</summary>
    public IReadOnlyList<string> Links { get; init; } = [];
}
