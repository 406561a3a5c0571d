using Microsoft.AspNetCore.Http;

namespace FunctionsApi.EndToEnd.Tests.Hosting.Double;

/// <summary>What both modes do with the handler's answer.</summary>
internal static class HostAnswer
{
    private static readonly string[] OfTheConnection = ["Connection", "Keep-Alive", "Transfer-Encoding", "Date"];

    public static void CopyHead(HttpResponseMessage answer, HttpResponse response)
    {
        response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated))
            if (!OfTheConnection.Contains(name, StringComparer.OrdinalIgnoreCase))
                response.Headers[name] = values.ToArray();
    }
}
