using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infra;

/// <summary>The parameters of main.bicep, the environment variables that azd makes them from, and what the README says of both.</summary>
public sealed partial class ParametersTests
{
    [Fact]
    public async Task Every_parameter_comes_from_an_environment_variable_and_no_other_does() =>
        InfraFiles.ParametersFile().Select(given => given.Key).ShouldBe((await ParametersAsync()).Select(parameter => parameter.Key));

    [Fact]
    public async Task What_holds_without_the_variable_is_the_default_of_the_template()
    {
        var parameters = await ParametersAsync();
        foreach (var (name, given) in InfraFiles.ParametersFile())
        {
            var variable = Variable(given!);
            variable.Success.ShouldBeTrue(name);
            (variable.Groups["default"] is { Success: true, Value: var value } ? value : null).ShouldBe(Default(parameters[name]!), name);
        }
    }

    [Fact]
    public async Task The_readme_explains_every_parameter()
    {
        var parameters = await ParametersAsync();
        var file = InfraFiles.ParametersFile();
        InfraFiles.Readme.RowsAbout(parameters.ContainsKey).Select(row => string.Join(" | ", row[..3])).ShouldBe(
            parameters.Select(parameter => $"{parameter.Key} | {Variable(file[parameter.Key]!).Groups["name"].Value} | {Default(parameter.Value!)}"));
    }

    [Fact]
    public async Task Every_number_has_bounds_and_its_default_is_within_them()
    {
        foreach (var (name, parameter) in (await ParametersAsync()).Where(parameter => parameter.Value!["type"]!.GetValue<string>() == "int"))
        {
            var value = parameter!["defaultValue"]!.GetValue<int>();
            if (parameter["allowedValues"] is JsonArray allowed)
                allowed.Select(one => one!.GetValue<int>()).ShouldContain(value, name);
            else
                value.ShouldBeInRange(Bound(parameter, "minValue"), Bound(parameter, "maxValue"), name);
        }
    }

    [Theory]
    [InlineData("instanceMemoryMB")]
    [InlineData("maximumInstanceCount")]
    [InlineData("httpAlwaysReadyInstances")]
    [InlineData("durableAlwaysReadyInstances")]
    public async Task What_costs_by_the_month_says_how_much(string name) =>
        (await ParametersAsync())[name]!["metadata"]!["description"]!.GetValue<string>().ShouldMatch(@"\d US dollars.*|US dollars.*\d a month");

    [Fact]
    public async Task Always_ready_instances_never_exceed_the_maximum_of_instances()
    {
        var parameters = await ParametersAsync();
        (Bound(parameters["httpAlwaysReadyInstances"]!, "maxValue") + Bound(parameters["durableAlwaysReadyInstances"]!, "maxValue"))
            .ShouldBeLessThanOrEqualTo(Bound(parameters["maximumInstanceCount"]!, "minValue"));
    }

    private static async Task<JsonObject> ParametersAsync() => (await InfraFiles.TemplateAsync()).Parameters;

    private static string? Default(JsonNode parameter) => parameter["defaultValue"] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<bool>(out var flag) => flag ? "true" : "false",
        var value => value.ToString(),
    };

    private static int Bound(JsonNode parameter, string name) => parameter[name]!.GetValue<int>();

    private static Match Variable(JsonNode given) => VariablePattern().Match(given["value"]!.GetValue<string>());

    [GeneratedRegex(@"^\$\{(?<name>[A-Z_]+)(=(?<default>[^}]*))?\}$")]
    private static partial Regex VariablePattern();
}
