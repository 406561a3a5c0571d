using System.Text;
using Azure.Storage.Queues;

namespace FunctionsApi.Storage.Azure;

/// <summary>Queues in an account of Azure Queue Storage, or in Azurite.</summary>
/// <remarks>
/// What fails in passing is repeated, but for hiding a message: it has a new receipt once that has happened, and the old one
/// would be told that somebody else has it. Messages are base64, as the Azure Functions host writes and reads them.
/// </remarks>
public sealed class AzureQueueStore : IQueueStore, IDisposable
{
    // A message would be gone after 7 days otherwise.
    private static readonly TimeSpan Forever = TimeSpan.FromSeconds(-1);

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly AccountCalls _calls;
    private readonly QueueServiceClient _service;
    private readonly AsyncLocal<Undecodable?> _undecodable = new();

    public AzureQueueStore(StorageAccount account) : this(account, new())
    {
    }

    internal AzureQueueStore(StorageAccount account, AccountOptions options)
    {
        _calls = new(account, options);
        // Not the latest version, which Azurite may not know yet; that of the tables is enough.
        var clientOptions = _calls.Configure(new QueueClientOptions(QueueClientOptions.ServiceVersion.V2020_12_06)
        {
            MessageEncoding = QueueMessageEncoding.Base64,
        });
        clientOptions.MessageDecodingFailed += KeepAsync;
        _service = account.Credential is { } credential
            ? new(account.Address, _calls.Named(credential), clientOptions)
            : new(account.ConnectionString, clientOptions);
    }

    public async Task SendAsync(string queue, string text, CancellationToken cancellationToken)
    {
        var body = new BinaryData(QueueArguments.Check(queue, text));
        var client = _service.GetQueueClient(queue);
        for (var created = false; ; created = true)
        {
            var answer = await _calls.AskAsync(() => client.SendMessageAsync(body, null, Forever, cancellationToken), cancellationToken);
            if (answer.Error is not { } error)
                return;
            if (!error.IsQueueMissing || created)
                throw _calls.Failures.Of(error);
            var making = await _calls.AskAsync(() => client.CreateIfNotExistsAsync(null, cancellationToken), cancellationToken);
            if (making.Error is { } problem)
                throw _calls.Failures.Of(problem);
        }
    }

    public async Task<QueueMessage?> ReceiveAsync(string queue, TimeSpan hideFor, CancellationToken cancellationToken)
    {
        QueueArguments.Check(queue, hideFor, shortest: TimeSpan.FromSeconds(1));
        var undecodable = _undecodable.Value = new();
        var answer = await _calls.AskAsync(
            async () => (await _service.GetQueueClient(queue).ReceiveMessageAsync(hideFor, cancellationToken)).Value, cancellationToken);
        if (answer.Error is { } error)
            return error.IsQueueMissing ? null : throw _calls.Failures.Of(error);
        return answer.Value is { } message
            ? new(message.MessageId, TextOf(message.Body), (int)message.DequeueCount, message.PopReceipt)
            : undecodable.Message;
    }

    public async Task<QueueMessage?> HideAsync(string queue, QueueMessage message, TimeSpan hideFor, CancellationToken cancellationToken)
    {
        QueueArguments.Check(queue, hideFor, shortest: TimeSpan.Zero);
        // Without a body the text stays as it is.
        var answer = await _calls.AskAsync(
            () => _service.GetQueueClient(queue).UpdateMessageAsync(message.Id, message.Receipt, (BinaryData?)null, hideFor, cancellationToken),
            cancellationToken,
            RequestTraits.OnlyOnce);
        if (answer.Error is { } error)
            return error.IsMessageLost ? null : throw _calls.Failures.Of(error);
        return message with { Receipt = answer.Value!.Value.PopReceipt };
    }

    public async Task<bool> DeleteAsync(string queue, QueueMessage message, CancellationToken cancellationToken)
    {
        QueueArguments.Check(queue);
        var answer = await _calls.AskAsync(
            () => _service.GetQueueClient(queue).DeleteMessageAsync(message.Id, message.Receipt, cancellationToken), cancellationToken);
        if (answer.Error is { } error)
            return error.IsMessageLost ? false : throw _calls.Failures.Of(error);
        return true;
    }

    public async Task<int> CountAsync(string queue, CancellationToken cancellationToken)
    {
        QueueArguments.Check(queue);
        var answer = await _calls.AskAsync(() => _service.GetQueueClient(queue).GetPropertiesAsync(cancellationToken), cancellationToken);
        if (answer.Error is { } error)
            return error.IsQueueMissing ? 0 : throw _calls.Failures.Of(error);
        return answer.Value!.Value.ApproximateMessagesCount;
    }

    public void Dispose() => _calls.Dispose();

    // What somebody else has sent may be anything. The receiver has to refuse it, and cannot refuse what it does not get.
    private Task KeepAsync(QueueMessageDecodingFailedEventArgs failed)
    {
        if (_undecodable.Value is { } undecodable && failed.ReceivedMessage is { } message)
            undecodable.Message = new(message.MessageId, message.Body.ToString(), (int)message.DequeueCount, message.PopReceipt);
        return Task.CompletedTask;
    }

    private static string TextOf(BinaryData body)
    {
        try
        {
            return Strict.GetString(body);
        }
        catch (DecoderFallbackException)
        {
            return Convert.ToBase64String(body);
        }
    }

    /// <summary>Where a message that is no base64 is put while it is received.</summary>
    private sealed class Undecodable
    {
        public QueueMessage? Message { get; set; }
    }
}
