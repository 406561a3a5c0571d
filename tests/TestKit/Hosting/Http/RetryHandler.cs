namespace FunctionsApi.TestKit.Hosting.Http;

/// <summary>Tries again where the worker's port does not answer, as the host does: 10 times, after 50, 100, 200 and then 250 ms.</summary>
internal sealed class RetryHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const int MaxTries = 10;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMilliseconds(250);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var delay = FirstDelay;
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await base.SendAsync(request, cancellationToken);
            }
            catch (HttpRequestException) when (tries < MaxTries)
            {
                await Task.Delay(delay, TimeProvider.System, cancellationToken);
                delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
            }
        }
    }
}
