namespace FunctionsApi.EndToEnd.Tests.Cluster;

internal static class Bounds
{
    /// <summary>
    /// The longest that an answer may take: 2 s for the ledger and a quarter for who sees to that, and the rest for a machine
    /// that runs four servers, their store and their clients at once.
    /// </summary>
    public static readonly TimeSpan Answer = TimeSpan.FromSeconds(8);
}
