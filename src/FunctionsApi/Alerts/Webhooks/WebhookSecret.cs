using System.Security.Cryptography;
using StandardWebhooks;

namespace FunctionsApi.Alerts.Webhooks;

/// <summary>
/// What webhooks are signed with, as Standard Webhooks has it: <c>whsec_</c> and random bytes in base64. It is stored whole, because a
/// hash could not sign; it is shown when it is made, and never again.
/// </summary>
internal sealed class WebhookSecret
{
    private const string Prefix = "whsec_";
    private const int Bytes = 32;

    private readonly string _text;

    private WebhookSecret(string text) => _text = text;

    public static WebhookSecret Create() => new(Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(Bytes)));

    /// <param name="stored">As <see cref="Reveal"/> gave it.</param>
    public static WebhookSecret Of(string stored) => new(stored);

    /// <summary>The secret itself: for the store, and for the one answer that shows it.</summary>
    public string Reveal() => _text;

    /// <returns>As in the header <c>webhook-signature</c>.</returns>
    public string Sign(string id, DateTimeOffset at, string body) => new StandardWebhook(_text).Sign(id, at, body);

    // Records print their members, and logs what they are given.
    public override string ToString() => Prefix + "…";
}
