using FunctionsApi.Api;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Infer;

/// <summary>POST /infer: runs one of the tenant's deployments.</summary>
internal sealed class InferEndpoint(DeploymentDirectory deployments, HttpBackend http)
    : ApiEndpoint(ApiKind.Inference, "infer")
{
    public override async Task HandleAsync(ApiRequest request)
    {
        var call = InferCall.Parse(await request.ReadJsonAsync());
        var deployment = await deployments.FindAsync(request.Caller.Tenant, call.DeploymentId)
            ?? throw new ApiException(404, "unknown_deployment", "There is no deployment of this 'deployment_id'.");
        if (deployment.Schema?.Mismatch(call.InputsJson) is { } mismatch)
            throw new ApiException(422, "invalid_inputs", $"The inputs do not match the deployment's schema: {mismatch}");

        if (!await request.AcquireAsync(deployment.Weight))
            return;

        var failed = true;
        try
        {
            if (deployment.Backend == Backend.Echo)
                EchoBackend.Answer(request.Http.Response, deployment, call.Inputs);
            else
                await http.AnswerAsync(request.Http, deployment, call.Inputs);
            failed = request.Http.Response.StatusCode >= 500;
        }
        finally
        {
            // What is thrown here the pipeline answers with 500.
            if (deployment.Refund && failed)
                await request.RefundAsync();
        }
    }
}
