namespace FunctionsApi.TestKit.Hosting.Protocol;

public sealed partial class InvocationResponse
{
    /// <summary>Whether the function came to its end without an exception.</summary>
    public bool Succeeded => Result.Status == StatusResult.Types.Status.Success;
}
