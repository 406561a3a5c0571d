namespace FunctionsApi.Benchmarks.Servers;

/// <summary>The function app in <c>EmptyApp/</c>: the worker's packages, published like FunctionsApi, and one function that does nothing.</summary>
internal static class EmptyFunctionApp
{
    private static readonly string Project = Path.Combine(Tool.Repository, "tests", "Benchmarks", "EmptyApp");
    private static readonly string Published = Path.Combine(Project, "bin", "published");

    public static Task PublishAsync() => Tool.RunAsync(Tool.Command("dotnet", "publish", Project, "-c", "Release", "-o", Published));

    /// <summary>Starts it behind the double of the Functions host.</summary>
    public static Task<IServer> StartAsync() => HostedServer.StartAsync(Published);
}
