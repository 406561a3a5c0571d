namespace FunctionsApi.Auth;

/// <summary>What became of a request's credential.</summary>
internal enum Verdict
{
    /// <summary>It stands for a caller.</summary>
    Known,

    /// <summary>There is none, or it is of another scheme.</summary>
    Missing,

    /// <summary>It is malformed, unknown, revoked, expired or forged; which of these is not for the caller to know.</summary>
    Invalid,

    /// <summary>It is bad, and its address has sent too many bad ones.</summary>
    TooMany,

    /// <summary>The store that knows could not be asked.</summary>
    Unavailable,
}

/// <param name="Verdict">What became of it.</param>
/// <param name="Caller">Set exactly when known.</param>
/// <param name="RetryAfterSeconds">1 or more for <see cref="Verdict.TooMany"/> and <see cref="Verdict.Unavailable"/>.</param>
internal readonly record struct Authentication(Verdict Verdict, Caller? Caller = null, int RetryAfterSeconds = 0);
