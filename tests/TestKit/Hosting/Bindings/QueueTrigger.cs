using System.Globalization;
using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using FunctionsApi.TestKit.Hosting.Protocol;
using FunctionsApi.TestKit.Hosting.Workers;

namespace FunctionsApi.TestKit.Hosting.Bindings;

/// <summary>
/// Takes messages from a function's queue and fires the function, as the host does: a message is hidden for 10 minutes meanwhile and
/// deleted when the function succeeds. Otherwise it comes again after <c>visibilityTimeout</c>, and after <c>maxDequeueCount</c> times
/// is moved to the poison queue; one that cannot be decoded is moved there at once. The host asks again after 100 ms, whatever
/// <c>maxPollingInterval</c> says.
/// </summary>
internal sealed class QueueTrigger : ITriggerListener
{
    private static readonly TimeSpan Hidden = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    public string Type => "queueTrigger";

    public async Task ListenAsync(Function function, FunctionsHost host, CancellationToken stop)
    {
        var options = host.App.Queues;
        var (queue, poison) = Open(function, host.Settings, options);
        var working = new HashSet<Task>();
        using var timer = new PeriodicTimer(Interval);
        while (!stop.IsCancellationRequested)
        {
            working.RemoveWhere(work => work.IsCompleted);
            var messages = working.Count <= options.NewBatchThreshold ? await ReceiveAsync(queue, options.BatchSize, stop) : [];
            foreach (var message in messages)
                working.Add(HandleAsync(message, queue, poison, function, host));
            if (messages.Length == 0)
                await WaitAsync(timer, stop);
        }

        await Task.WhenAll(working);
    }

    private static (QueueClient Queue, QueueClient Poison) Open(Function function, HostSettings settings, QueueOptions options)
    {
        var connection = function.Trigger.Text("connection") is { Length: > 0 } name ? name : "AzureWebJobsStorage";
        var account = settings.Find(connection)
            ?? throw new InvalidOperationException($"{function.Name}: there is no setting {connection}. The double of the host knows connection strings only.");
        var queue = settings.Expand(function.Trigger.Text("queueName")!);
        var client = new QueueClientOptions { MessageEncoding = options.Encoding };
        client.MessageDecodingFailed += async failed =>
        {
            var undecoded = new QueueClient(account, $"{queue}-poison");
            await MoveAsync(failed.ReceivedMessage, failed.Queue, undecoded);
        };
        return (new(account, queue, client), new(account, $"{queue}-poison", client));
    }

    private static async Task<QueueMessage[]> ReceiveAsync(QueueClient queue, int count, CancellationToken stop)
    {
        try
        {
            return await queue.ReceiveMessagesAsync(count, Hidden, stop);
        }
        catch (Exception exception) when (exception is RequestFailedException or AggregateException or OperationCanceledException)
        {
            // There is no such queue yet, or the account is away: the host asks again as well.
            return [];
        }
    }

    private static async Task WaitAsync(PeriodicTimer timer, CancellationToken stop)
    {
        try
        {
            await timer.WaitForNextTickAsync(stop);
        }
        catch (OperationCanceledException)
        {
            // The loop sees it.
        }
    }

    private static async Task HandleAsync(QueueMessage message, QueueClient queue, QueueClient poison, Function function, FunctionsHost host)
    {
        try
        {
            var options = host.App.Queues;
            if (message.DequeueCount <= options.MaxDequeueCount && await SucceedsAsync(message, function, host))
                await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt);
            else if (message.DequeueCount < options.MaxDequeueCount)
                await queue.UpdateMessageAsync(message.MessageId, message.PopReceipt, visibilityTimeout: options.VisibilityTimeout);
            else
                await MoveAsync(message, queue, poison);
        }
        catch (Exception exception) when (exception is RequestFailedException or AggregateException)
        {
            // The message comes again when it is no longer hidden.
        }
    }

    private static async Task MoveAsync(QueueMessage message, QueueClient queue, QueueClient poison)
    {
        await poison.CreateIfNotExistsAsync();
        await poison.SendMessageAsync(message.Body);
        await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt);
    }

    private static async Task<bool> SucceedsAsync(QueueMessage message, Function function, FunctionsHost host)
    {
        try
        {
            // Its end is waited for, also where the host stops.
            return (await host.InvokeAsync(function, Data(message, function.Trigger), Metadata(message), CancellationToken.None)).Succeeded;
        }
        catch (WorkerLostException)
        {
            return false;
        }
    }

    private static TypedData Data(QueueMessage message, Binding trigger) => trigger switch
    {
        _ when IsDeferred(trigger) => throw new NotSupportedException("The double of the host gives messages as strings or bytes."),
        _ when string.Equals(trigger.Text("dataType"), "binary", StringComparison.OrdinalIgnoreCase) => new() { Bytes = Google.Protobuf.ByteString.CopyFrom(message.Body) },
        _ => new() { String = message.Body.ToString() },
    };

    private static bool IsDeferred(Binding trigger) =>
        trigger.Json.TryGetProperty("properties", out var properties) && properties.TryGetProperty("supportsDeferredBinding", out _);

    private static Dictionary<string, TypedData> Metadata(QueueMessage message) => new()
    {
        ["QueueTrigger"] = new() { String = message.Body.ToString() },
        ["Id"] = new() { String = message.MessageId },
        ["PopReceipt"] = new() { String = message.PopReceipt },
        ["DequeueCount"] = new() { Json = message.DequeueCount.ToString(CultureInfo.InvariantCulture) },
        ["InsertionTime"] = Time(message.InsertedOn),
        ["ExpirationTime"] = Time(message.ExpiresOn),
        ["NextVisibleTime"] = Time(message.NextVisibleOn),
    };

    private static TypedData Time(DateTimeOffset? time) => new() { Json = System.Text.Json.JsonSerializer.Serialize(time) };
}
