using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infra;

public sealed class BicepTests
{
    private const string Module = """
        @allowed([1, 2])
        param size int
        param name string
        param tags object = {}
        resource thing 'Microsoft.Test/things@2024-01-01' = {
          name: name
          tags: union(tags, { size: size })
        }
        output id string = thing.id
        """;

    private const string Main = """
        @allowed([1, 2])
        param size int = 1
        module thing 'thing.bicep' = {
          params: {
            size: size
            name: 'a-${size}'
          }
        }
        output id string = thing.outputs.id
        """;

    [Fact]
    public async Task The_templates_have_none_of_the_faults_that_can_be_seen_without_a_compiler() =>
        BicepRules.Problems(await InfraFiles.TemplatesAsync()).ShouldBeEmpty();

    [Fact]
    public async Task Every_module_is_part_of_the_deployment()
    {
        var templates = await InfraFiles.TemplatesAsync();
        templates.Main.Modules.Select(module => module.Path).Append("main.bicep").ShouldBe(templates.Files.Keys, ignoreOrder: true);
    }

    [Fact]
    public async Task Sound_templates_have_no_problem() => (await ProblemsAsync(Main)).ShouldBeEmpty();

    [Theory]
    [InlineData("size: size", "size: size name", "main.bicep: line 5: ")]
    [InlineData("name: 'a-${size}'", "name: 'a-${size}", "main.bicep: line ")]
    [InlineData("name: 'a-${size}'", "", "main.bicep: module 'thing' lacks 'name'")]
    [InlineData("size: size", "size: size\n    colour: 'red'", "main.bicep: module 'thing' has no parameter 'colour'")]
    [InlineData("name: 'a-${size}'", "name: size", "main.bicep: module 'thing' takes string as 'name', not int")]
    [InlineData("name: 'a-${size}'", "name: true", "main.bicep: module 'thing' takes string as 'name', not bool")]
    [InlineData("name: 'a-${size}'", "name: 'a'\n    tags: ['a']", "main.bicep: module 'thing' takes object as 'tags', not array")]
    [InlineData("size: size", "size: size == 1 ? 1 : 3\n    tags: 'a-${size}'", "main.bicep: module 'thing' takes object as 'tags', not string")]
    [InlineData("[1, 2]", "[1, 2, 3]", "main.bicep: module 'thing' bounds 'size' by allowed [1,2], but what it gets is bound by allowed [1,2,3]")]
    [InlineData("size: size", "size: 3", "main.bicep: module 'thing' does not allow 3 as 'size'")]
    [InlineData("thing.bicep", "things.bicep", "main.bicep: module 'thing' is 'things.bicep', which does not exist")]
    [InlineData("thing.outputs.id", "thing.outputs.name", "main.bicep: module 'thing' has no output 'name'")]
    [InlineData("size: size", "size: siez", "main.bicep: 'siez' is not declared")]
    [InlineData("'a-${size}'", "taek('a-${size}', 3)", "main.bicep: there is no function 'taek'")]
    [InlineData("@allowed([1, 2])\nparam", "targetScope = 'subscription'\n@allowed([1, 2])\nparam", "main.bicep: module 'thing' does not say which resource group is its scope")]
    [InlineData("param size int = 1", "param size int = 1\nparam other string = ''", "main.bicep: 'other' is not used")]
    [InlineData("name: 'a-${size}'", "name: loadTextContent('gone.txt')", "main.bicep: loads 'gone.txt', which does not exist")]
    public async Task A_fault_is_found(string sound, string broken, string problem)
    {
        Main.ShouldContain(sound);
        (await ProblemsAsync(Main.Replace(sound, broken, StringComparison.Ordinal)))
            .ShouldContain(found => found.StartsWith(problem, StringComparison.Ordinal));
    }

    private static async Task<string[]> ProblemsAsync(string main)
    {
        var folder = Directory.CreateTempSubdirectory("bicep");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "main.bicep"), main, TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "thing.bicep"), Module, TestContext.Current.CancellationToken);
            return [.. BicepRules.Problems(await InfraFiles.ReadTemplatesAsync(folder.FullName))];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
