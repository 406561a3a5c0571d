using FunctionsApi.Storage;

namespace FunctionsApi.EndToEnd.Tests.Hosting.Double;

/// <summary>
/// Takes messages from a function's queue and calls the function, as the host's queue trigger does: a message is hidden for 10
/// minutes meanwhile and deleted when the function succeeds. Otherwise it comes again after <c>visibilityTimeout</c>, and after
/// <c>maxDequeueCount</c> times is moved to the poison queue. A function that takes longer than <c>functionTimeout</c> has failed,
/// and costs the handler its life.
/// </summary>
internal sealed class QueueListener(
    Function function, QueueOptions options, TimeSpan functionTimeout, IQueueStore queues, Func<Task<Uri?>> handler, Action replace)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Hidden = TimeSpan.FromMinutes(10);

    private readonly string _queue = function.Queue!;

    public async Task RunAsync(CancellationToken stop)
    {
        using var handlers = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        using var timer = new PeriodicTimer(Interval);
        while (await timer.WaitForNextTickAsync(stop))
        {
            try
            {
                while (await queues.ReceiveAsync(_queue, Hidden, stop) is { } message)
                    await HandleAsync(message, handlers, stop);
            }
            catch (TableStoreException)
            {
                // The real one asks again as well.
            }
        }
    }

    private async Task HandleAsync(QueueMessage message, HttpMessageInvoker handlers, CancellationToken stop)
    {
        if (message.DequeueCount <= options.MaxDequeueCount && await SucceedsAsync(message, handlers, stop))
            await queues.DeleteAsync(_queue, message, stop);
        else if (message.DequeueCount < options.MaxDequeueCount)
            await queues.HideAsync(_queue, message, options.VisibilityTimeout, stop);
        else
        {
            await queues.SendAsync($"{_queue}-poison", message.Text, stop);
            await queues.DeleteAsync(_queue, message, stop);
        }
    }

    private async Task<bool> SucceedsAsync(QueueMessage message, HttpMessageInvoker handlers, CancellationToken stop)
    {
        try
        {
            if (await handler() is not { } address)
                return false;
            var call = Invocation.SendAsync(handlers, address, function, Invocation.Text(message.Text), new()
            {
                ["DequeueCount"] = Invocation.Text(message.DequeueCount),
                ["Id"] = Invocation.Text(message.Id),
                ["PopReceipt"] = Invocation.Text(message.Receipt),
            }, stop);
            return (await call.WaitAsync(functionTimeout, stop)).Succeeded;
        }
        catch (TimeoutException)
        {
            replace();
            return false;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
