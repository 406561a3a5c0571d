namespace FunctionsApi.EndToEnd.Tests.Dashboard;

/// <summary>The library that draws the usage page's charts is in the repository, so that a build needs nothing but .NET.</summary>
public sealed class ChartLibraryTests
{
    [Theory]
    [InlineData("chart.umd.min.js", "dist/chart.umd.min.js")]
    [InlineData("chart.LICENSE.md", "LICENSE.md")]
    public async Task It_is_byte_for_byte_what_its_npm_package_has(string ours, string theirs)
    {
        var folder = Path.Combine(Built.RepositoryRoot, "tests", "EndToEnd.Tests", "Dashboard");
        await Tool.NodeWithAsync("chart.js", folder);

        var vendor = Path.Combine(Built.RepositoryRoot, "src", "FunctionsApi", "Dashboard", "Page", "vendor");
        File.ReadAllBytes(Path.Combine(vendor, ours)).ShouldBe(File.ReadAllBytes(Path.Combine(folder, "node_modules", "chart.js", theirs)));
    }
}
