// The Functions host tells where its task hub's client reaches it only to functions with the binding durableClient, at each of their
// invocations, which costs the host some 200 µs of processor time: docs/benchmarks.md. So the binding is on functions that are called
// seldom, and the program calls one of them itself: HubAddressLookup. It can where it knows the host's address on its own machine.
//
// Where it does not, any function may be the first that an instance is asked for, and in Azure those that HTTP triggers run on instances of
// their own, where no timer, queue or entity ever brings the client: then all functions that may spend quota have the binding.
//
// It is added to the index and is no parameter of the functions: with the ledger on a table store nobody has it, and what it brings is looked
// at until the client is known.

using System.Text.Json.Nodes;
using FunctionsApi.Ledgers;
using FunctionsApi.Settings;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace FunctionsApi.Functions;

/// <summary>
/// Gives functions the task hub's client. Where the ledger is on a table store, it takes away the functions of entities instead: the host
/// starts its task hub only for somebody.
/// </summary>
/// <param name="ledger">What the ledger stands on.</param>
/// <param name="isHostKnown">Whether the program can call the host itself.</param>
internal sealed class HubBinding(LedgerKind ledger, bool isHostKnown) : IFunctionMetadataTransformer
{
    public const string BindingName = "hub";

    /// <summary>The route of the function that the program calls.</summary>
    public const string SelfCalled = "healthz";

    // It asks the hub, and where the program cannot call the host may be the first that an instance is asked for.
    private const string AsksHub = "readyz";

    private const string Binding = $$"""{"name":"{{BindingName}}","type":"durableClient","direction":"In"}""";

    private static readonly string[] MaySpendQuota = ["infer", "api/v1/"];

    public string Name => nameof(HubBinding);

    public void Transform(IList<IFunctionMetadata> original)
    {
        foreach (var function in original.ToList())
        {
            var bindings = function.RawBindings!.Select(binding => JsonNode.Parse(binding)!).ToList();
            if (ledger == LedgerKind.Entities && bindings.Exists(NeedsClient))
                function.RawBindings!.Add(Binding);
            else if (ledger == LedgerKind.Table && bindings.Exists(IsOfEntities))
                original.Remove(function);
        }
    }

    private bool NeedsClient(JsonNode binding) => IsReset(binding)
        || ((string?)binding["type"] == "httpTrigger" && BringsClient($"{binding["route"]}"));

    private bool BringsClient(string route) => route is SelfCalled or AsksHub
        || (!isHostKnown && Array.Exists(MaySpendQuota, prefix => route.StartsWith(prefix, StringComparison.Ordinal)));

    private static bool IsOfEntities(JsonNode binding) => IsReset(binding) || (string?)binding["type"] == "entityTrigger";

    private static bool IsReset(JsonNode binding) => (string?)binding["queueName"] == QuotaResets.QueueName;
}

/// <summary>Takes the client from the first invocation that brings it, and again where the one that is known no longer answers.</summary>
internal sealed class HubClientMiddleware(HubClient client) : IFunctionsWorkerMiddleware
{
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (client.IsAddressWanted && context.FunctionDefinition.InputBindings.TryGetValue(HubBinding.BindingName, out var binding)
            && (await context.BindInputAsync<string>(binding)).Value is { } told)
            client.Connect(told);
        await next(context);
    }
}
