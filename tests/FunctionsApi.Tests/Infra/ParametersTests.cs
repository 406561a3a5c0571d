using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infra;

/// <summary>The parameters of main.bicep, the environment variables that azd makes them from, and what the README says of both.</summary>
public sealed partial class ParametersTests
{
    [Fact]
    public async Task Every_parameter_comes_from_an_environment_variable_and_no_other_does()
    {
        var parameters = (await InfraFiles.TemplatesAsync()).Main.Parameters;
        InfraFiles.ParametersFile().Select(given => given.Key).ShouldBe(parameters.Select(parameter => parameter.Name));
    }

    [Fact]
    public async Task What_holds_without_the_variable_is_the_default_of_the_template()
    {
        var parameters = (await InfraFiles.TemplatesAsync()).Main.Parameters;
        foreach (var (name, given) in InfraFiles.ParametersFile())
        {
            var parameter = parameters.Single(parameter => parameter.Name == name);
            var variable = Variable(given!);
            variable.Success.ShouldBeTrue(name);
            variable.Groups["default"].Success.ShouldBe(parameter.HasDefault, name);
            if (parameter.HasDefault)
                variable.Groups["default"].Value.ShouldBe(parameter.Default!.ToString(), name);
        }
    }

    [Fact]
    public async Task The_readme_explains_every_parameter()
    {
        var parameters = (await InfraFiles.TemplatesAsync()).Main.Parameters;
        var names = parameters.Select(parameter => parameter.Name).ToHashSet();
        var file = InfraFiles.ParametersFile();
        InfraFiles.Readme.RowsAbout(names.Contains).Select(row => string.Join(" | ", row[..3])).ShouldBe(
            parameters.Select(parameter => $"{parameter.Name} | {Variable(file[parameter.Name]!).Groups["name"].Value} | {parameter.Default}"));
    }

    [Fact]
    public async Task Every_parameter_of_every_file_has_a_description()
    {
        foreach (var (path, file) in (await InfraFiles.TemplatesAsync()).Files)
            foreach (var parameter in file.Parameters)
                parameter.Decorators.ShouldContainKey("description", $"{path}: {parameter.Name}");
    }

    [Fact]
    public async Task Every_number_has_bounds_and_its_default_is_within_them()
    {
        foreach (var parameter in (await InfraFiles.TemplatesAsync()).Main.Parameters.Where(parameter => parameter.Type == "int"))
        {
            var value = parameter.Default!.GetValue<int>();
            if (parameter.Decorators["allowed"] is JsonArray allowed)
                allowed.Select(one => one!.GetValue<int>()).ShouldContain(value, parameter.Name);
            else
                value.ShouldBeInRange(Bound(parameter, "minValue"), Bound(parameter, "maxValue"), parameter.Name);
        }
    }

    [Fact]
    public async Task Always_ready_instances_never_exceed_the_maximum_of_instances()
    {
        var parameters = (await InfraFiles.TemplatesAsync()).Main.Parameters.ToDictionary(parameter => parameter.Name);
        Bound(parameters["alwaysReadyInstances"], "maxValue").ShouldBeLessThanOrEqualTo(Bound(parameters["maximumInstanceCount"], "minValue"));
    }

    private static int Bound(BicepParameter parameter, string decorator) =>
        (parameter.Decorators[decorator] ?? throw new InvalidOperationException($"{parameter.Name} has no {decorator}")).GetValue<int>();

    private static Match Variable(JsonNode given) => VariablePattern().Match(given["value"]!.GetValue<string>());

    [GeneratedRegex(@"^\$\{(?<name>[A-Z_]+)(=(?<default>[^}]*))?\}$")]
    private static partial Regex VariablePattern();
}
