using System.Text.Json;
using Shouldly;

namespace FunctionsApi.Tests.Infer;

internal static class Bodies
{
    public static Task<string> TextAsync(this HttpResponseMessage response) =>
        response.Content.ReadAsStringAsync(TestHost.Cancelled);

    /// <summary>The message of an error that has exactly the shape of /infer.</summary>
    public static async Task<string> ErrorAsync(this HttpResponseMessage response)
    {
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        using var json = JsonDocument.Parse(await response.TextAsync());
        json.RootElement.EnumerateObject().Select(property => property.Name).ShouldBe(["valid", "error"]);
        json.RootElement.GetProperty("valid").GetBoolean().ShouldBeFalse();
        return json.RootElement.GetProperty("error").GetString()!;
    }
}
