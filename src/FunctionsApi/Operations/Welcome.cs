using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace FunctionsApi.Operations;

/// <summary>What the server prints when it is ready.</summary>
internal static class Welcome
{
    public static async Task WriteAsync(WebApplication app, TextWriter output)
    {
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        foreach (var address in addresses)
            await output.WriteLineAsync($"Listening on {address}");
    }
}
