using FunctionsApi.Functions;
using FunctionsApi.Settings;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.Extensions.Configuration;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Functions;

/// <summary>Which functions the Functions host tells its task hub's client, and pays for at each of their invocations.</summary>
public sealed class HubBindingTests
{
    [Fact]
    public void Where_the_program_can_call_the_host_only_functions_that_are_called_seldom_bring_the_client() =>
        Bound(LedgerKind.Entities, isHostKnown: true).ShouldBe(["healthz", "readyz", "quota-reset"]);

    [Fact]
    public void Elsewhere_every_function_that_may_spend_quota_brings_it_as_well() =>
        Bound(LedgerKind.Entities, isHostKnown: false).ShouldBe(["infer", "get-usage", "healthz", "readyz", "quota-reset"]);

    [Fact]
    public void On_rows_nobody_does_and_there_are_no_entities() =>
        Transform(LedgerKind.Table, isHostKnown: true).ShouldAllBe(function => function.Name != "quota" && function.Name != "quota-reset" && function.RawBindings!.Count == 1);

    [Theory]
    [InlineData("localhost:7071", null, "http://localhost:7071/")]
    [InlineData("127.0.0.1:5000", null, "http://127.0.0.1:5000/")]
    [InlineData("acme.azurewebsites.net", null, null)]
    [InlineData("acme.azurewebsites.net", "http://localhost:80", "http://localhost/")]
    [InlineData("", null, null)]
    public void The_host_is_known_by_its_own_word_where_that_is_this_machine_and_else_by_the_setting(string name, string? setting, string? address) =>
        FunctionsHost.LocalAddress(
            new ConfigurationBuilder().AddInMemoryCollection([new("WEBSITE_HOSTNAME", name)]).Build(),
            new() { HostAddress = setting })?.ToString().ShouldBe(address);

    private static IEnumerable<string?> Bound(LedgerKind ledger, bool isHostKnown) => Transform(ledger, isHostKnown)
        .Where(function => function.RawBindings!.Any(binding => binding.Contains("durableClient", StringComparison.Ordinal)))
        .Select(function => function.Name);

    private static List<IFunctionMetadata> Transform(LedgerKind ledger, bool isHostKnown)
    {
        List<IFunctionMetadata> functions =
        [
            Function("infer", """{"name":"request","type":"httpTrigger","direction":"In","route":"infer"}"""),
            Function("get-usage", """{"name":"request","type":"httpTrigger","direction":"In","route":"api/v1/usage"}"""),
            Function("healthz", """{"name":"request","type":"httpTrigger","direction":"In","route":"healthz"}"""),
            Function("readyz", """{"name":"request","type":"httpTrigger","direction":"In","route":"readyz"}"""),
            Function("quota", """{"name":"dispatcher","type":"entityTrigger","direction":"In","entityName":"quota"}"""),
            Function("quota-reset", """{"name":"message","type":"queueTrigger","direction":"In","queueName":"quota-resets"}"""),
        ];
        new HubBinding(ledger, isHostKnown).Transform(functions);
        return functions;
    }

    private static DefaultFunctionMetadata Function(string name, string binding) => new() { Name = name, RawBindings = [binding] };
}
