using System.Net.Sockets;
using Azure;

namespace FunctionsApi.Storage.Tables;

/// <summary>Says what is wrong with an account and what to do about it, without any secret.</summary>
internal sealed class TableFailures(TableAccount account)
{
    private const int LongestQuote = 200;

    /// <summary>The service, or something in its place, answered what it should not.</summary>
    public TableStoreException Of(Response response) => Of(TableError.Read(response), RetryAfter.Of(response));

    public TableStoreException Of(TableError error, TimeSpan? retryAfter) => error switch
    {
        { IsThrottled: true } => new TableStoreThrottledException(
            Text("is asked to do more than it can", "Wait, or spread the load: an account does 20,000 operations a second and a partition 2,000."),
            retryAfter) { MayPass = true },
        { Code: "" } => new(Text(
            $"gave an answer ({error.Status}) that is not Azure Table Storage's", "See whether the address is right, or a proxy is in between."))
            { MayPass = error.Status >= 500 },
        { Status: 401 or 403 } => Forbidden(error.Code),
        { Code: "TableBeingDeleted" } => new(Text("is still deleting a table of this name", "Wait a minute, then try again.")) { MayPass = true },
        { Status: 413 } or { Code: "RequestBodyTooLarge" } => new(Text("found a write too large", "Write fewer rows at once, or smaller ones.")),
        { Code: "InvalidHeaderValue" } => new(Text(
            $"does not accept a header: {Quote(error.Message)}", $"It has to know version {TableConnection.Version} of the service: update Azurite, if it is that.")),
        _ => new(Text($"answered {error.Status} {error.Code}: {Quote(error.Message)}", "Try again; if it stays, report it.")) { MayPass = error.Status >= 500 },
    };

    public TableStoreException NotUnderstood(Exception? exception = null)
    {
        var message = Text("gave an answer that is not Azure Table Storage's", "See whether the address is right, or a proxy is in between.");
        return exception is null ? new(message) : new(message, exception);
    }

    public TableStoreException TimedOut(TimeSpan timeout, Exception exception) => new(
        Text($"did not answer within {timeout.TotalSeconds:0.###} s", "See whether the network and the service are well."), exception) { MayPass = true };

    public TableStoreException Of(Exception exception)
    {
        var (problem, remedy) = Explain(exception as HttpRequestException ?? exception.InnerException as HttpRequestException);
        return new(Text(problem, remedy), exception) { MayPass = true };
    }

    public TableStoreException NoToken(Exception exception) => new(
        Text(
            $"cannot be signed in to: {Quote(exception.Message)}",
            "Run where there is a managed identity (AZURE_CLIENT_ID names one that is user-assigned), or sign in with az login or azd auth login."),
        exception);

    // What the service says about a bad signature quotes the request: none of it goes on.
    private TableStoreException Forbidden(string code) => code switch
    {
        "AuthorizationPermissionMismatch" => new(Text(
            "does not let this identity use its tables",
            "Give it the role Storage Table Data Contributor; a fresh role assignment takes a minute or so to work."))
            { MayPass = true },
        "AuthorizationFailure" => new(Text(
            "does not let this program in", "Allow this network in the account's firewall, or with a shared access signature its permissions."))
            { MayPass = true },
        "KeyBasedAuthenticationNotPermitted" => new(Text("takes no account keys", "Use Storage__TableServiceUri and a managed identity.")),
        _ when account.Key is not null => new(Text(
            $"refused the account key ({code})", "Copy the connection string again, and see whether this machine's clock is right.")),
        _ => new(Text($"refused the credential ({code})", "See whether it is for this account, valid, and of the account's tenant.")),
    };

    private (string Problem, string Remedy) Explain(HttpRequestException? exception) => exception switch
    {
        { HttpRequestError: HttpRequestError.NameResolutionError } => ("has a name that cannot be resolved", "Correct the account's name, or see whether DNS works."),
        { HttpRequestError: HttpRequestError.SecureConnectionError } => ("offers no connection that can be trusted", "See whether the address is right and a proxy with a certificate of its own is in between."),
        { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } when new Uri(account.Endpoint).IsLoopback =>
            ("is not running", "Start Azurite, or correct the address."),
        { HttpRequestError: HttpRequestError.ConnectionError } => ("cannot be connected to", "See whether the address is right and a firewall is in between."),
        _ => ("broke the connection off", "See whether the network and the service are well."),
    };

    private string Text(string problem, string remedy) => $"The Azure Table Storage at {account.Endpoint} {problem}. {remedy}";

    private static string Quote(string message)
    {
        var line = message.AsSpan(0, message.AsSpan().IndexOfAny('\r', '\n') is >= 0 and var end ? end : message.Length);
        return line[..Math.Min(line.Length, LongestQuote)].TrimEnd('.').ToString();
    }
}
