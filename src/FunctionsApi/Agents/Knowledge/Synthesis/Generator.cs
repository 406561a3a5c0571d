using System.ClientModel;
using System.ClientModel.Primitives;
using System.Runtime.CompilerServices;
using System.Text.Json;
using FunctionsApi.Api;
using FunctionsApi.Settings;
using FunctionsApi.Telemetry;
using Microsoft.Extensions.AI;
using OpenAI;

namespace FunctionsApi.Agents.Knowledge.Synthesis;

/// <summary>The model that answers, at an OpenAI-compatible endpoint.</summary>
internal sealed partial class Generator(LlmOptions options, HttpMessageHandler handler, TimeProvider time, ILogger<Generator> log) : IDisposable
{
    private const int MaxOutputTokens = 1000, MaxOutputCharacters = 16_000;

    private readonly HttpClient _http = new(handler) { Timeout = Timeout.InfiniteTimeSpan };

    // Made when the first question comes: the libraries take a while to load.
    private IChatClient? _model;

    /// <summary>Follows no redirect: it would send the key to another address.</summary>
    public static SocketsHttpHandler CreateHandler() => new()
    {
        ActivityHeadersPropagator = TraceContext.WithoutBaggage,
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        UseCookies = false,
    };

    /// <summary>Asks the model, and gives its words as they come.</summary>
    /// <param name="question">What is asked.</param>
    /// <param name="sources">What it is given.</param>
    /// <param name="tokens">Is told what the model read and wrote, where it tells.</param>
    /// <param name="cancellationToken">Set when nobody waits any more.</param>
    /// <exception cref="ApiException">502: the endpoint cannot be reached, or failed. 504: it took too long.</exception>
    public async IAsyncEnumerable<string> AskAsync(
        string question, IReadOnlyList<PromptSource> sources, Action<TokenCount> tokens, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Timeout, time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        await using var updates = (_model ??= Connect())
            .GetStreamingResponseAsync(Prompt.Messages(question, sources), new() { MaxOutputTokens = MaxOutputTokens }, over.Token)
            .GetAsyncEnumerator(over.Token);
        for (var length = 0; length < MaxOutputCharacters && await MoveNextAsync(updates, timeout.Token, cancellationToken); length += updates.Current.Text.Length)
        {
            if (updates.Current.Contents.OfType<UsageContent>().LastOrDefault()?.Details is { InputTokenCount: { } input, OutputTokenCount: { } output })
                tokens(new(input, output));
            yield return updates.Current.Text;
        }
    }

    public void Dispose()
    {
        _model?.Dispose();
        _http.Dispose();
    }

    private IChatClient Connect() => new OpenAIClient(
        // The library does not go without one; an endpoint that asks for none does not read it.
        new ApiKeyCredential(options.Key ?? "none"),
        new OpenAIClientOptions
        {
            Endpoint = new(options.Endpoint!),
            Transport = new HttpClientPipelineTransport(_http),
            // A caller waits, and has a limit on how often it may ask: trying again is the caller's.
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
        }).GetChatClient(options.Model).AsIChatClient();

    private async Task<bool> MoveNextAsync(IAsyncEnumerator<ChatResponseUpdate> updates, CancellationToken timeout, CancellationToken gone)
    {
        try
        {
            return await updates.MoveNextAsync();
        }
        catch (Exception exception) when (!gone.IsCancellationRequested && ErrorOf(exception, timeout) is { } error)
        {
            Log.Failed(log, error.Code, DetailOf(exception));
            throw new ApiException(error);
        }
    }

    private static ApiError? ErrorOf(Exception exception, CancellationToken timeout) => exception switch
    {
        OperationCanceledException when timeout.IsCancellationRequested => new(504, "llm_timeout", "The language model did not answer in time."),
        // A connection that is not made in time is cancelled by the handler.
        HttpRequestException or OperationCanceledException => new(502, "llm_unreachable", "The language model cannot be reached."),
        ClientResultException { Status: 0 } => new(502, "llm_unreachable", "The language model cannot be reached."),
        ClientResultException { Status: var status } => new(502, "llm_failed", $"The language model's endpoint answered with status {status}."),
        IOException => new(502, "llm_failed", "The language model broke off its answer."),
        JsonException or InvalidOperationException or FormatException or KeyNotFoundException or ArgumentException or NotSupportedException =>
            new(502, "llm_failed", "The language model's answer cannot be understood."),
        _ => null,
    };

    // An exception's message may quote what the endpoint sent, the key included.
    private static string DetailOf(Exception exception) => exception switch
    {
        ClientResultException { Status: > 0 } result => $"status {result.Status}",
        HttpRequestException { HttpRequestError: var reason } => reason.ToString(),
        _ => exception.GetType().Name,
    };

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The language model did not answer ({Code}): {Detail}")]
        public static partial void Failed(ILogger logger, string code, string detail);
    }
}
