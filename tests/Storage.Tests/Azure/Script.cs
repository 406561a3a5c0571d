using System.Net;
using System.Text;
using Azure;
using Azure.Core;
using FunctionsApi.Storage.Azure;

namespace FunctionsApi.Storage.Tests.Azure;

/// <summary>Plays an account: gives the answers that a test has written down, in order, and remembers what it was asked.</summary>
internal sealed class Script(params Func<CancellationToken, Task<HttpResponseMessage>>[] answers) : HttpMessageHandler
{
    public const string Key = "c2VjcmV0LWtleS1vZi10aGUtYWNjb3VudA==";

    public static readonly StorageAccount Account = StorageAccount.Parse(StorageService.Tables, $"AccountName=acme;AccountKey={Key}");

    public List<Question> Asked { get; } = [];

    /// <param name="account">By key where nothing else is said.</param>
    /// <param name="options">Other than the shortest pauses.</param>
    /// <param name="onTime">As the store's.</param>
    public AzureTableStore Store(StorageAccount? account = null, AccountOptions? options = null, Action<StoreTime>? onTime = null) =>
        new(account ?? Account, (options ?? new() { Delay = new NoPause() }) with { Handler = this }, onTime);

    /// <inheritdoc cref="Store"/>
    public AzureQueueStore Queues(StorageAccount? account = null, AccountOptions? options = null) =>
        new(account ?? StorageAccount.Parse(StorageService.Queues, $"AccountName=acme;AccountKey={Key}"), (options ?? new() { Delay = new NoPause() }) with { Handler = this });

    /// <summary>An answer of the service.</summary>
    public static Func<CancellationToken, Task<HttpResponseMessage>> Answer(
        int status, string body = "", string type = "application/json", params (string Name, string Value)[] headers) =>
        Foreign(status, body, type, [.. headers, ("x-ms-request-id", "1")]);

    /// <summary>An answer of something in the service's place.</summary>
    public static Func<CancellationToken, Task<HttpResponseMessage>> Foreign(
        int status, string body = "", string type = "text/html", params (string Name, string Value)[] headers)
    {
        return _ =>
        {
            var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
            response.Content.Headers.TryAddWithoutValidation("Content-Type", type);
            foreach (var (name, value) in headers)
                response.Headers.TryAddWithoutValidation(name, value);
            return Task.FromResult(response);
        };
    }

    /// <summary>What the service says where it does not do what it was asked.</summary>
    public static Func<CancellationToken, Task<HttpResponseMessage>> Error(
        int status, string code, params (string Name, string Value)[] headers) =>
        Answer(status, $$"""{"odata.error":{"code":"{{code}}","message":{"lang":"en-US","value":"Words.\nRequestId:1"} } }""", "application/json", headers);

    public static Func<CancellationToken, Task<HttpResponseMessage>> Written(string eTag) => Answer(204, headers: ("ETag", eTag));

    public static Func<CancellationToken, Task<HttpResponseMessage>> Fail(Exception exception) =>
        _ => Task.FromException<HttpResponseMessage>(exception);

    /// <summary>Never answers.</summary>
    public static Func<CancellationToken, Task<HttpResponseMessage>> Silence =>
        new TaskCompletionSource<HttpResponseMessage>().Task.WaitAsync;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        Asked.Add(new(request.Method.Method, request.RequestUri!.PathAndQuery, request.Headers.ToDictionary(h => h.Key, h => string.Join(", ", h.Value)), body));
        return Asked.Count <= answers.Length
            ? await answers[Asked.Count - 1](cancellationToken)
            : throw new InvalidOperationException($"The script has {answers.Length} answers, and this is one more: {Asked[^1]}");
    }

    private sealed class NoPause : DelayStrategy
    {
        protected override TimeSpan GetNextDelayCore(Response? response, int retryNumber) => TimeSpan.Zero;
    }
}

internal sealed record Question(string Method, string Address, Dictionary<string, string> Headers, string Body);
