// A store that is struggling gets worse when everybody asks it again. So a retry is paid for: every first attempt earns a
// fifth of one, up to Most, and where nothing is left there is no retry. While all requests fail, a process asks at most 1.2
// times as often as it would without retries, but for the few that it had saved; a lone failure among many requests can
// always be repeated. Callers have their own reasons to ask again, which is why it is 1.2 and not 2.

namespace FunctionsApi.Storage.Azure;

/// <summary>How many retries the process may still make. Safe for many threads.</summary>
internal sealed class RetryBudget
{
    private const int Price = 5;
    private const int Most = 20 * Price;

    private int _saved = Most;

    public void Earn() => Change(+1);

    /// <returns>False where there is none left.</returns>
    public bool TrySpend() => Change(-Price);

    private bool Change(int by)
    {
        for (var saved = Volatile.Read(ref _saved); ;)
        {
            if (saved + by < 0)
                return false;
            var seen = Interlocked.CompareExchange(ref _saved, Math.Min(saved + by, Most), saved);
            if (seen == saved)
                return true;
            saved = seen;
        }
    }
}
