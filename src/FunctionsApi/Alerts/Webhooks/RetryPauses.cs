namespace FunctionsApi.Alerts.Webhooks;

/// <summary>
/// When a message is sent again: soon after the first failures, since most are short, and then less and less often. By the time that a
/// webhook is disabled a message has been sent a dozen times.
/// </summary>
internal static class RetryPauses
{
    private static readonly TimeSpan[] Pauses =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10),
        TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5), TimeSpan.FromHours(10),
    ];

    /// <param name="attempts">How often it was sent, 1 or more.</param>
    /// <param name="random">Spreads what failed together, by up to a tenth.</param>
    public static TimeSpan After(int attempts, Random random) => Pauses[Math.Min(attempts, Pauses.Length) - 1] * (1 + (0.1 * random.NextDouble()));
}
