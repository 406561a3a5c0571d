using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;

namespace FunctionsApi.Alone;

/// <summary>Says what to do where Kestrel cannot listen.</summary>
internal static class StartAdvice
{
    private const string Certificate =
        "https needs a certificate: set Kestrel__Certificates__Default__Path to a PFX file, and Kestrel__Certificates__Default__Password; or to a PEM file, "
        + "and Kestrel__Certificates__Default__KeyPath. On a development machine 'dotnet dev-certs https' makes one. Or set ASPNETCORE_URLS to an http address, behind a proxy that has one.";

    /// <param name="exception">What starting threw.</param>
    /// <param name="urls">Where it was to listen, as configured.</param>
    /// <returns>A sentence or two; null where it is about something else.</returns>
    public static string? For(Exception exception, string urls) => exception switch
    {
        ArgumentOutOfRangeException => $"ASPNETCORE_URLS is '{urls}': a port is 0 to 65535. Set it to an address such as {Other(urls)}.",
        IOException { InnerException: AddressInUseException } =>
            $"{Sentence(exception)} Another program listens there, perhaps this one, started before: stop it, or set ASPNETCORE_URLS to another address, such as {Other(urls)}.",
        _ when IsAboutCertificate(exception, urls) => $"{Sentence(exception)} {Certificate}",
        SocketException { SocketErrorCode: SocketError.AccessDenied } =>
            $"ASPNETCORE_URLS is '{urls}', and this user may not listen there; on most systems ports below 1024 need a privilege. Set it to an address such as {Other(urls)}.",
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } =>
            $"ASPNETCORE_URLS is '{urls}', and this machine has no such address. Set it to one that it has, such as {Other(urls)}, or to http://*:7071 for all of them.",
        SocketException or FormatException or InvalidOperationException => $"{Sentence(exception)} Set ASPNETCORE_URLS to an address such as {Other(urls)}.",
        _ when exception.GetType() == typeof(IOException) => $"{Sentence(exception)} Set ASPNETCORE_URLS to an address such as {Other(urls)}.",
        _ => null,
    };

    private static bool IsAboutCertificate(Exception exception, string urls) =>
        urls.Contains("https:", StringComparison.OrdinalIgnoreCase)
        && exception is InvalidOperationException or CryptographicException or UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException;

    /// <summary>An address that is none of those, and so not in use for the same reason.</summary>
    private static string Other(string urls)
    {
        const int Usual = 7071;
        var port = urls.Split(';').Select(url => Uri.TryCreate(url, UriKind.Absolute, out var address) ? address.Port : 0).Max();
        return $"http://127.0.0.1:{(port is >= Usual and < ushort.MaxValue ? port + 1 : Usual)}";
    }

    private static string Sentence(Exception exception) => $"{exception.Message.ReplaceLineEndings(" ").TrimEnd('.')}.";
}
