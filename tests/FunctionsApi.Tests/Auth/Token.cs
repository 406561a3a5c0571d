using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.IdentityModel.Tokens;

namespace FunctionsApi.Tests.Auth;

/// <summary>A JWT put together by hand, so that any part of it can be wrong.</summary>
internal sealed record Token
{
    public const string Issuer = "https://project.supabase.co/auth/v1";
    public const string Secret = "a-secret-of-more-than-thirty-two-characters";

    public JsonObject Header { get; init; } = new() { ["alg"] = "HS256", ["typ"] = "JWT" };

    public JsonObject Payload { get; init; } = [];

    /// <summary>From the signed part to the signature.</summary>
    public Func<byte[], byte[]> Sign { get; init; } = text => HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), text);

    /// <summary>One that is good at a time, for an hour.</summary>
    public static Token At(DateTimeOffset now) => new()
    {
        Payload = new()
        {
            ["iss"] = Issuer,
            ["aud"] = "authenticated",
            ["sub"] = "alice",
            ["exp"] = now.AddHours(1).ToUnixTimeSeconds(),
            ["app_metadata"] = new JsonObject { ["tenant_id"] = "acme" },
        },
    };

    public Token With(string claim, JsonNode? value)
    {
        var payload = Payload.DeepClone().AsObject();
        payload[claim] = value;
        return this with { Payload = payload };
    }

    public Token Without(string claim)
    {
        var payload = Payload.DeepClone().AsObject();
        payload.Remove(claim);
        return this with { Payload = payload };
    }

    public Token Headed(string name, JsonNode? value)
    {
        var header = Header.DeepClone().AsObject();
        header[name] = value;
        return this with { Header = header };
    }

    public Token SignedBy(RSA key, string? kid) => Headed("alg", "RS256").Headed("kid", kid) with
    {
        Sign = text => key.SignData(text, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
    };

    public Token SignedBy(ECDsa key, string? kid) => Headed("alg", "ES256").Headed("kid", kid) with
    {
        Sign = text => key.SignData(text, HashAlgorithmName.SHA256),
    };

    public override string ToString()
    {
        var text = $"{Base64UrlEncoder.Encode(Header.ToJsonString())}.{Base64UrlEncoder.Encode(Payload.ToJsonString())}";
        return $"{text}.{Base64UrlEncoder.Encode(Sign(Encoding.ASCII.GetBytes(text)))}";
    }
}
