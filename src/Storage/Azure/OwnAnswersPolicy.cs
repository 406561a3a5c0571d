using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace FunctionsApi.Storage.Azure;

/// <summary>
/// Believes no answer but the service's. A proxy's 404 taken for an empty store, or its empty page for one without rows, would
/// sell every quota anew.
/// </summary>
internal sealed class OwnAnswersPolicy(AccountFailures failures) : HttpPipelineSynchronousPolicy
{
    /// <summary>The service, and Azurite, give every request an id; nobody else names it so.</summary>
    public static bool IsOwn(Response response) => response.Headers.Contains("x-ms-request-id");

    public override void OnReceivedResponse(HttpMessage message)
    {
        if (message.HasResponse && !IsOwn(message.Response))
            throw failures.Foreign(message.Response.Status);
    }
}
