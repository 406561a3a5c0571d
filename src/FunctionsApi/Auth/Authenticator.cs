using FunctionsApi.Storage;

namespace FunctionsApi.Auth;

/// <summary>Tells who calls.</summary>
internal sealed class Authenticator(KeyTable keys, TimeProvider time)
{
    private const string Scheme = "Bearer ";

    public async ValueTask<Authentication> AuthenticateAsync(HttpContext http)
    {
        if (http.Request.Headers.Authorization is not [{ } header] || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return new(Verdict.Missing);
        var credential = header[Scheme.Length..];
        if (!ApiKey.IsWellFormed(credential))
            return new(Verdict.Invalid);
        try
        {
            var record = await keys.FindAsync(credential, http.RequestAborted);
            return record is null || record.Revoked is not null || record.Expires <= time.GetUtcNow()
                ? new(Verdict.Invalid)
                : new(Verdict.Known, record.ToCaller());
        }
        catch (TableStoreException)
        {
            return new(Verdict.Unavailable, RetryAfterSeconds: 1);
        }
    }
}
