using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infra;

public sealed class BicepTests : IDisposable
{
    private const string Thing = """
        @description('Its name.')
        param name string
        @description('Where it is.')
        param location string
        resource thing 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
          name: name
          location: location
        }
        output id string = thing.id
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("bicep");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_templates_compile_and_the_linter_has_nothing_to_say() =>
        (await BicepCompiler.CompileAsync(InfraFiles.Main)).Diagnostics.ShouldBeEmpty();

    [Fact]
    public async Task Every_Bicep_file_is_part_of_the_deployment()
    {
        var modules = Path.Combine(InfraFiles.Folder, "modules");
        var template = await InfraFiles.TemplateAsync();
        template.Modules.Count.ShouldBe(Directory.GetFiles(modules, "*.bicep").Length);
        Directory.GetFiles(InfraFiles.Folder, "*.bicep", SearchOption.AllDirectories).Length.ShouldBe(template.Modules.Count + 1);
    }

    [Theory]
    [InlineData("name: name", "name: name", "")]
    [InlineData("name: name", "name: nmae", "BCP057")]
    [InlineData("name: name", "nmae: name", "BCP")]
    [InlineData("output id", "param other string\noutput id", "use-description-params")]
    [InlineData("output id", "var other = 1\noutput id", "no-unused-vars")]
    [InlineData("2024-11-30", "2023-01-31", "use-recent-api-versions")]
    [InlineData("2024-11-30", "2024-12-24", "BCP081")]
    [InlineData("userAssignedIdentities", "userAssignedIdentity", "BCP081")]
    public async Task A_fault_is_found(string sound, string broken, string code)
    {
        File.Copy(Path.Combine(InfraFiles.Folder, "bicepconfig.json"), Path.Combine(_folder.FullName, "bicepconfig.json"));
        var file = Path.Combine(_folder.FullName, "thing.bicep");
        await File.WriteAllTextAsync(file, Thing.Replace(sound, broken, StringComparison.Ordinal), TestContext.Current.CancellationToken);

        var diagnostics = (await BicepCompiler.CompileAsync(file)).Diagnostics;
        if (code.Length == 0)
            diagnostics.ShouldBeEmpty();
        else
            diagnostics.ShouldContain(code);
    }
}
