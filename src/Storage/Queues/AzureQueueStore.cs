using System.Globalization;
using System.Xml;
using Azure;
using Azure.Core;
using FunctionsApi.Storage.Accounts;

namespace FunctionsApi.Storage.Queues;

/// <summary>
/// Queues in an account of Azure Queue Storage, or in Azurite:
/// https://learn.microsoft.com/rest/api/storageservices/queue-service-rest-api
/// </summary>
/// <remarks>
/// What fails in passing is repeated, but for hiding a message: it has a new receipt once that has happened, and the old one
/// would be told that somebody else has it. Messages are base64, as the Azure Functions host writes and reads them.
/// </remarks>
public sealed class AzureQueueStore : IQueueStore, IDisposable
{
    private readonly AccountConnection _connection;
    private readonly QueueAddresses _addresses;

    public AzureQueueStore(StorageAccount account) : this(account, new())
    {
    }

    internal AzureQueueStore(StorageAccount account, AccountOptions options)
    {
        _connection = new(account, options);
        _addresses = new(account.Endpoint, account.Signature);
    }

    public async Task SendAsync(string queue, string text, CancellationToken cancellationToken)
    {
        var body = MessageXml.Write(QueueArguments.Check(queue, text));
        for (var created = false; ; created = true)
        {
            var answer = await AskAsync(RequestMethod.Post, _addresses.Send(queue), body, cancellationToken);
            if (answer.Status == 201)
                return;
            if (!ServiceError.Read(answer).IsQueueMissing || created)
                throw _connection.Failures.Of(answer);
            await CreateQueueAsync(queue, cancellationToken);
        }
    }

    public async Task<QueueMessage?> ReceiveAsync(string queue, TimeSpan hideFor, CancellationToken cancellationToken)
    {
        QueueArguments.Check(queue, hideFor, shortest: TimeSpan.FromSeconds(1));
        var answer = await AskAsync(RequestMethod.Get, _addresses.Receive(queue, hideFor), default, cancellationToken);
        if (answer.Status == 200)
            return Understand(answer);
        return ServiceError.Read(answer).IsQueueMissing ? null : throw _connection.Failures.Of(answer);
    }

    public async Task<QueueMessage?> HideAsync(string queue, QueueMessage message, TimeSpan hideFor, CancellationToken cancellationToken)
    {
        QueueArguments.Check(queue, hideFor, shortest: TimeSpan.Zero);
        // Without a body the text stays as it is.
        using var request = _connection.CreateMessage(RequestMethod.Put, _addresses.Hide(queue, message, hideFor), default, MessageXml.Type);
        AccountRetry.OnlyOnce(request);
        var answer = await _connection.SendAsync(request, cancellationToken);
        if (answer.Status == 204)
            return message with { Receipt = Header(answer, "x-ms-popreceipt") };
        return ServiceError.Read(answer).IsMessageLost ? null : throw _connection.Failures.Of(answer);
    }

    public async Task<bool> DeleteAsync(string queue, QueueMessage message, CancellationToken cancellationToken)
    {
        QueueArguments.Check(queue);
        var answer = await AskAsync(RequestMethod.Delete, _addresses.Delete(queue, message), default, cancellationToken);
        return answer.Status == 204 || (ServiceError.Read(answer).IsMessageLost ? false : throw _connection.Failures.Of(answer));
    }

    public async Task<int> CountAsync(string queue, CancellationToken cancellationToken)
    {
        QueueArguments.Check(queue);
        var answer = await AskAsync(RequestMethod.Get, _addresses.Properties(queue), default, cancellationToken);
        if (answer.Status == 200 && int.TryParse(Header(answer, "x-ms-approximate-messages-count"), CultureInfo.InvariantCulture, out var count))
            return count;
        return ServiceError.Read(answer).IsQueueMissing ? 0 : throw _connection.Failures.Of(answer);
    }

    public void Dispose() => _connection.Dispose();

    private async Task CreateQueueAsync(string queue, CancellationToken cancellationToken)
    {
        var answer = await AskAsync(RequestMethod.Put, _addresses.Queue(queue), default, cancellationToken);
        // 204: whoever wanted it at the same moment was faster.
        if (answer.Status is not (201 or 204))
            throw _connection.Failures.Of(answer);
    }

    private async Task<Response> AskAsync(RequestMethod method, Uri address, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        using var request = _connection.CreateMessage(method, address, body, MessageXml.Type);
        return await _connection.SendAsync(request, cancellationToken);
    }

    private QueueMessage? Understand(Response answer)
    {
        try
        {
            return MessageXml.Read(answer.Content.ToStream());
        }
        catch (Exception exception) when (exception is XmlException or FormatException or InvalidDataException)
        {
            throw _connection.Failures.NotUnderstood(exception);
        }
    }

    private string Header(Response answer, string name) =>
        answer.Headers.TryGetValue(name, out var value) ? value : throw _connection.Failures.NotUnderstood();
}
