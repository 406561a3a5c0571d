using System.Text;
using FunctionsApi.Api;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Infer;

/// <summary>
/// Forwards the inputs to the deployment's URL and passes a 2xx answer through as it arrives. Any other answer, and
/// none, becomes an error of ours that tells the caller what to do and nothing about the backend's inside.
/// </summary>
internal sealed partial class HttpBackend(UpstreamClient upstream, TimeProvider time, ILogger<HttpBackend> log)
{
    /// <param name="http">The request to answer.</param>
    /// <param name="deployment">One with a URL.</param>
    /// <param name="inputs">A JSON object; copied before this method first waits.</param>
    public Task AnswerAsync(HttpContext http, Deployment deployment, ReadOnlySpan<byte> inputs) =>
        AnswerAsync(http, deployment, Body(deployment, inputs));

    private async Task AnswerAsync(HttpContext http, Deployment deployment, byte[] body)
    {
        using var timeout = new CancellationTokenSource(deployment.Timeout, time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, http.RequestAborted);
        try
        {
            using var answer = await upstream.SendAsync(deployment, body, timeout.Token, over.Token);
            if (!answer.IsSuccessStatusCode)
                throw UpstreamException.Refused(answer.StatusCode);
            await AnswerStream.PassAsync(answer, http.Response, deployment.MaxResponseBytes, over.Token);
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to be told.
        }
        catch (Exception exception) when (UpstreamException.From(exception) is { } failure)
        {
            if (failure.Detail is { } detail)
                Log.Failed(log, deployment.Id, deployment.Tenant, detail);
            Fail(http, failure.Error);
        }
    }

    private static void Fail(HttpContext http, ApiError error)
    {
        if (http.Response.HasStarted)
            http.Abort(); // The only way left to say that the body is not whole.
        else
            ErrorResponse.Write(http, ApiKind.Inference, error);
    }

    private static byte[] Body(Deployment deployment, ReadOnlySpan<byte> inputs) =>
        [.. "{\"deployment_id\":\""u8, .. Encoding.ASCII.GetBytes(deployment.Id), .. "\",\"inputs\":"u8, .. inputs, (byte)'}'];

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The backend of deployment {Id} of tenant {Tenant} failed: {Detail}")]
        public static partial void Failed(ILogger logger, string id, string tenant, string detail);
    }
}
