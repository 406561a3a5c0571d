namespace FunctionsApi.Quotas.Limiting;

/// <summary>
/// Keeps attempts that repeat another from doubling the load on a ledger that struggles: each first attempt earns one, and
/// beyond that there are <see cref="PerSecond"/>. Not safe for threads.
/// </summary>
internal sealed class RepeatBudget
{
    public const int Most = 32;
    public const int PerSecond = 10;

    private double _left = Most;
    private Instant _countedAt;

    public void Earn() => _left = Math.Min(Most, _left + 1);

    public bool TrySpend(Instant now)
    {
        var seconds = _countedAt == default ? 0 : Math.Max(0, (now - _countedAt).TotalSeconds);
        _left = Math.Min(Most, _left + seconds * PerSecond);
        _countedAt = now;
        if (_left < 1)
            return false;
        _left--;
        return true;
    }
}
