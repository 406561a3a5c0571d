using System.Security.Cryptography;
using System.Text;

namespace FunctionsApi.Alerts.Webhooks;

/// <summary>What a tenant is told once, and what became of it.</summary>
/// <param name="Tenant">Whom.</param>
/// <param name="Key">By which it is told once: two messages of a tenant with one key are the same. It begins with a time, by which it is swept.</param>
/// <param name="Type">For example <c>quota.remaining.low</c>.</param>
/// <param name="Body">The JSON that is sent, the same each time.</param>
/// <param name="CreatedAt">When.</param>
internal sealed record AlertMessage(string Tenant, string Key, string Type, string Body, DateTimeOffset CreatedAt)
{
    /// <summary>How often it was tried to send it.</summary>
    public int Attempts { get; init; }

    public DateTimeOffset? DeliveredAt { get; init; }

    /// <summary>When it was given up; null: it was not.</summary>
    public DateTimeOffset? GivenUpAt { get; init; }

    /// <summary>Why the last attempt failed, or it was given up; null: none did.</summary>
    public string? Failure { get; init; }

    /// <summary>The header <c>webhook-id</c>: the same whenever it is sent, so that a receiver can tell that it has it.</summary>
    public string Id => $"msg_{Hash($"{Tenant}|{Key}")}";

    public bool IsClosed => DeliveredAt is not null || GivenUpAt is not null;

    /// <summary>Of what happens once in a stretch of time.</summary>
    /// <param name="until">The end of that stretch.</param>
    /// <param name="what">What it is, in any words.</param>
    public static string KeyOf(DateTimeOffset until, string what) => $"{TimeText(until)}|{Hash(what)}";

    /// <summary>Before it come the keys of all stretches that have ended by a time.</summary>
    public static string TimeText(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss");

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32];
}
