using System.Net.Sockets;

namespace FunctionsApi.Storage.Azure;

/// <summary>Says what is wrong with an account and what to do about it, without any secret.</summary>
internal sealed class AccountFailures(StorageAccount account)
{
    private const int LongestQuote = 200;
    private const string Impostor = "See whether the address is right, or a proxy is in between.";

    private StorageService Service => account.Service;

    /// <summary>The service did not do what it was asked.</summary>
    public TableStoreException Of(ServiceError error) => error switch
    {
        { IsThrottled: true } => new TableStoreThrottledException(Text(
            "is asked to do more than it can", $"Wait, or spread the load: {Service.Speed}."), error.RetryAfter)
        { MayPass = true },
        { Code: "" } => Foreign(error.Status),
        { Status: 401 or 403 } => Forbidden(error.Code),
        { Code: "TableBeingDeleted" or "QueueBeingDeleted" } => new(Text($"is still deleting a {Service.Name.ToLowerInvariant()} of this name", "Wait a minute, then try again.")) { MayPass = true },
        { Code: "RequestBodyTooLarge" or "EntityTooLarge" or "MessageTooLarge" } => new(Text("found a write too large", "Write less at once.")),
        { Code: "InvalidHeaderValue" } => new(Text($"does not accept a header: {Quote(error.Message)}", "Update Azurite, if it is that.")),
        _ => new(Text($"answered {error.Status} {error.Code}: {Quote(error.Message)}", "Try again; if it stays, report it.")) { MayPass = error.Status >= 500 },
    };

    /// <summary>Something in the service's place answered.</summary>
    public TableStoreException Foreign(int status) =>
        new(Text($"gave an answer ({status}) that is not its own", Impostor)) { MayPass = status >= 500 };

    public TableStoreException NotUnderstood(Exception? exception = null)
    {
        var message = Text("gave an answer that is not its own", Impostor);
        return exception is null ? new(message) : new(message, exception);
    }

    public TableStoreException TimedOut(TimeSpan timeout, Exception exception) => new(
        Text($"did not answer within {timeout.TotalSeconds:0.###} s", "See whether the network and the service are well."), exception)
    { MayPass = true };

    public TableStoreException Of(Exception exception)
    {
        var (problem, remedy) = Explain(exception as HttpRequestException ?? exception.InnerException as HttpRequestException);
        return new(Text(problem, remedy), exception) { MayPass = true };
    }

    public TableStoreException NoToken(Exception exception) => new(
        Text(
            $"cannot be signed in to: {(exception is OperationCanceledException ? "there was no token in time" : Quote(exception.Message))}",
            "Run where there is a managed identity (AZURE_CLIENT_ID names one that is user-assigned), or sign in by az login or azd auth login."),
        exception);

    // What the service says about a bad signature quotes the request: none of it goes on.
    private TableStoreException Forbidden(string code) => code switch
    {
        "KeyBasedAuthenticationNotPermitted" => new(Text("takes no account keys", $"Use Storage__{Service.Name}ServiceUri and a managed identity.")),
        _ when account.ConnectionString is { } text && text.Contains("AccountKey", StringComparison.OrdinalIgnoreCase) => new(Text(
            $"does not accept the account key ({code})",
            "Copy the connection string again, and see whether this machine's clock is right and the account's firewall lets it in.")),
        _ when account.ConnectionString is not null => new(Text(
            $"does not accept the shared access signature ({code})",
            $"See whether it is of this account, has not expired, and allows {Service.Rights}.")),
        "AuthorizationPermissionMismatch" or "AuthorizationFailure" => new(Text(
            $"does not let this identity use its {Service.Name.ToLowerInvariant()}s ({code})",
            $"Give it the role Storage {Service.Name} Data Contributor (a fresh role assignment takes a minute or so to work), and see whether the account's firewall lets it in."))
        { MayPass = true },
        _ => new(Text($"does not accept this identity's token ({code})", "See whether the account is of the identity's tenant, and this machine's clock is right.")),
    };

    private (string Problem, string Remedy) Explain(HttpRequestException? exception) => exception switch
    {
        { HttpRequestError: HttpRequestError.NameResolutionError } => ("has a name that cannot be resolved", "Correct the account's name, or see whether DNS works."),
        { HttpRequestError: HttpRequestError.SecureConnectionError } => ("offers no connection that can be trusted", "See whether the address is right, or a proxy with a certificate of its own is in between."),
        { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } when account.Address.IsLoopback =>
            ("is not running", "Start Azurite, or correct the address."),
        { HttpRequestError: HttpRequestError.ConnectionError } => ("cannot be connected to", "See whether the address is right, or a firewall is in between."),
        _ => ("broke the connection off", "See whether the network and the service are well."),
    };

    private string Text(string problem, string remedy) => $"The Azure {Service.Name} Storage at {account} {problem}. {remedy}";

    private static string Quote(string message)
    {
        var line = message.AsSpan(0, message.AsSpan().IndexOfAny('\r', '\n') is >= 0 and var end ? end : message.Length);
        return line[..Math.Min(line.Length, LongestQuote)].TrimEnd('.').ToString();
    }
}
