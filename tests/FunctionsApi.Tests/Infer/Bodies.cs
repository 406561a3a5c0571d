namespace FunctionsApi.Tests.Infer;

internal static class Bodies
{
    public static Task<string> TextAsync(this HttpResponseMessage response) =>
        response.Content.ReadAsStringAsync(TestHost.Cancelled);
}
