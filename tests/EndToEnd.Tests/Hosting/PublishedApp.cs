namespace FunctionsApi.EndToEnd.Tests.Hosting;

/// <summary>What <c>dotnet publish</c> makes of the build that is tested.</summary>
public sealed class PublishedApp : IAsyncLifetime
{
    internal Installation Installation { get; } = new();

    public string Folder => Installation.PathOf("published");

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Built.Configuration == "Debug", "A release is built anew when it is published.");
        var project = Path.Combine(Built.RepositoryRoot, "src", "FunctionsApi");
        // Servers of the build that go on running would keep this process's output open.
        var publish = Installation.Start(
            Installation.Dotnet,
            ["publish", project, "-c", Built.Configuration, "--no-build", "-o", Folder, "--disable-build-servers", "-nodeReuse:false", "-p:UseSharedCompilation=false"]);
        (await publish.ExitAsync()).ShouldBe(0, publish.Account);
    }

    public ValueTask DisposeAsync() => Installation.DisposeAsync();
}
