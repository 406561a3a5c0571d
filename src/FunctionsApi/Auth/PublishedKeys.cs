using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Tokens;

namespace FunctionsApi.Auth;

/// <summary>The public keys that a project publishes at its JWKS address.</summary>
internal sealed partial class PublishedKeys : BaseConfiguration
{
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(30);

    private PublishedKeys(IEnumerable<SecurityKey> keys)
    {
        foreach (var key in keys)
            SigningKeys.Add(key);
    }

    /// <summary>
    /// Reads them when they are first needed, again every 10 minutes, and at once when a token fits none of them, but not more than
    /// once in 30 s. Those that were read stay in force while they cannot be read.
    /// </summary>
    public static ConfigurationManager<PublishedKeys> At(Uri address, HttpClient client, ILogger logger) => new(
        address.AbsoluteUri, new Reader(logger), new HttpDocumentRetriever(client) { RequireHttps = address.Scheme == Uri.UriSchemeHttps })
    {
        AutomaticRefreshInterval = RefreshInterval,
        RefreshInterval = MinInterval,
        // A key that was withdrawn is not to be believed for another hour.
        UseLastKnownGoodConfiguration = false,
    };

    // Only public keys: a symmetric one that was published is no secret.
    private static PublishedKeys Parse(string text) => new(
        new JsonWebKeySet(text).GetSigningKeys().Where(key => key is RsaSecurityKey or ECDsaSecurityKey or X509SecurityKey
            or JsonWebKey { Kty: JsonWebAlgorithmsKeyTypes.RSA or JsonWebAlgorithmsKeyTypes.EllipticCurve }));

    private sealed partial class Reader(ILogger logger) : IConfigurationRetriever<PublishedKeys>
    {
        private bool _failed;

        public async Task<PublishedKeys> GetConfigurationAsync(string address, IDocumentRetriever retriever, CancellationToken cancel)
        {
            try
            {
                var keys = Parse(await retriever.GetDocumentAsync(address, cancel));
                _failed = false;
                return keys;
            }
            catch (Exception exception)
            {
                if (!_failed)
                    Log.Unreadable(logger, address, exception.GetBaseException().Message);
                _failed = true;
                throw;
            }
        }

        private static partial class Log
        {
            [LoggerMessage(LogLevel.Warning, "The keys at {Address} cannot be read; those read before stay in force. {Reason}")]
            public static partial void Unreadable(ILogger logger, string address, string reason);
        }
    }
}
