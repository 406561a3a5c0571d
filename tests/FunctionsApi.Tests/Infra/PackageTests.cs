using System.IO.Compression;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infra;

/// <summary>The zip that is deployed, as <c>infra/hooks/Package.cs</c> makes it.</summary>
public sealed class PackageTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("package");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_package_keeps_the_modes_that_Linux_needs()
    {
        var root = _folder.CreateSubdirectory("app");
        await File.WriteAllTextAsync(Path.Combine(root.CreateSubdirectory("bin").FullName, "FunctionsApi"), "program", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(root.CreateSubdirectory("infer").FullName, "function.json"), "{}", TestContext.Current.CancellationToken);
        var zip = Path.Combine(_folder.FullName, "app.zip");

        var ended = await Command.RunAsync("dotnet", ["run", Path.Combine("infra", "hooks", "Package.cs"), root.FullName, zip]);
        ended.ExitCode.ShouldBe(0, ended.Output + ended.Errors);
        await using var archive = await ZipFile.OpenReadAsync(zip, TestContext.Current.CancellationToken);
        archive.Entries.Select(entry => $"{entry.FullName} {Convert.ToString(entry.ExternalAttributes >> 16 & 0xFFFF, 8)}")
            .ShouldBe(["bin/FunctionsApi 100755", "infer/function.json 100644"]);
        MadeOn(await File.ReadAllBytesAsync(zip, TestContext.Current.CancellationToken)).ShouldBe([3, 3], "made on Unix: else modes do not count");
    }

    /// <summary>The system byte of each entry of a zip file, found by the signature of its header.</summary>
    private static byte[] MadeOn(byte[] zip) => [.. Enumerable.Range(0, zip.Length - 5)
        .Where(at => zip.AsSpan(at, 4).SequenceEqual("PK\u0001\u0002"u8)).Select(at => zip[at + 5])];
}
