using System.Diagnostics;

namespace FunctionsApi.EndToEnd.Tests.Running;

/// <summary>Waits for what other processes do. Nothing here waits for a length of time; each wait only has an end.</summary>
internal static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <param name="wait">What to wait for.</param>
    /// <param name="what">Follows "Waited 30 s for".</param>
    /// <param name="soFar">Said with it when it does not come.</param>
    public static async Task WaitAsync(Task wait, string what, Func<string>? soFar = null)
    {
        try
        {
            await wait.WaitAsync(Limit, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Waited {Limit.TotalSeconds} s for {what}. {soFar?.Invoke()}");
        }
    }

    /// <inheritdoc cref="WaitAsync(Task, string, Func{string}?)"/>
    public static async Task<T> WaitAsync<T>(Task<T> wait, string what, Func<string>? soFar = null)
    {
        await WaitAsync((Task)wait, what, soFar);
        return await wait;
    }

    /// <summary>Asks again and again until the answer is yes.</summary>
    /// <param name="ask">What.</param>
    /// <param name="what">Follows "Waited 30 s for".</param>
    /// <param name="limit">How long instead.</param>
    public static async Task UntilAsync(Func<Task<bool>> ask, string what, TimeSpan? limit = null)
    {
        var end = limit ?? Limit;
        var since = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(Interval);
        while (!await ask())
        {
            if (Stopwatch.GetElapsedTime(since) > end)
                throw new TimeoutException($"Waited {end.TotalSeconds} s for {what}.");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }
}
