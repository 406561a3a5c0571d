using FunctionsApi.Tests.Docs;

namespace FunctionsApi.Tests.Agents.Reading;

internal static class TestFiles
{
    /// <summary>The site that tests crawl.</summary>
    public static string Site { get; } = Path.Combine(Document.Repository, "tests", "Site");
}
