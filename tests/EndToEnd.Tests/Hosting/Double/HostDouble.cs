using FunctionsApi.Storage.Azure;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;

namespace FunctionsApi.EndToEnd.Tests.Hosting.Double;

/// <summary>
/// Stands in for the Azure Functions host, as a process of its own: it can be killed, and leaves the handler behind.
/// It does what the real one was seen to do, and nothing else.
/// </summary>
internal static class HostDouble
{
    public const string Command = "functions-host";

    /// <param name="arguments">The command and the app root.</param>
    public static async Task<int> MainAsync(string[] arguments)
    {
        var root = AppRoot.Read(arguments[1]);
        WebApplication? app = null;
        using var handler = new Handler(root, giveUp: () => app!.Lifetime.StopApplication());
        await using (app = Front.Build(root, handler.AddressAsync, handler.Replace))
        {
            await app.StartAsync();
            Console.WriteLine($"Listening on {app.Urls.Single()}");
            handler.Start();
            Listen(root, handler, app.Lifetime.ApplicationStopping);
            // Until SIGTERM; then whatever is in flight has 30 s.
            await app.WaitForShutdownAsync();
        }

        Console.WriteLine("The host has shut down");
        return 0;
    }

    private static void Listen(AppRoot root, Handler handler, CancellationToken stop)
    {
        foreach (var function in root.Functions.Where(function => function.Connection is not null))
            if (Environment.GetEnvironmentVariable(function.Connection!) is { Length: > 0 } connection)
            {
                var queues = new AzureQueueStore(StorageAccount.Parse(StorageService.Queues, connection));
                _ = new QueueListener(function, root.Queues, root.FunctionTimeout, queues, handler.AddressAsync, handler.Replace).RunAsync(stop);
            }
    }
}
