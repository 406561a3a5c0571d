// The Functions host tells where its task hub's client reaches it only to functions with the binding durableClient, at each of their
// invocations, which costs the host some 200 µs of processor time: docs/benchmarks.md. Any function may be the first that an
// instance is asked for, and in Azure those that HTTP triggers run on instances of their own, where no timer, queue or entity ever
// brings the client. So all functions that may spend quota have the binding, and none besides. The binding is added to the index
// and is no parameter of theirs: with the ledger on a table store nobody has it, and what it brings is looked at until the client is known.

using System.Text.Json;
using FunctionsApi.Ledgers;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.DurableTask.Client;

namespace FunctionsApi.Functions;

/// <summary>Gives the functions that may spend quota the task hub's client.</summary>
internal sealed class HubBinding : IFunctionMetadataTransformer
{
    public const string BindingName = "hub";

    private const string Binding = $$"""{"name":"{{BindingName}}","type":"durableClient","direction":"In"}""";

    private static readonly string[] Routes = ["infer", "api/v1/"];

    public string Name => nameof(HubBinding);

    public void Transform(IList<IFunctionMetadata> original)
    {
        foreach (var function in original)
            if (function.RawBindings is { } bindings && bindings.Any(MaySpend))
                bindings.Add(Binding);
    }

    private static bool MaySpend(string binding)
    {
        using var json = JsonDocument.Parse(binding);
        return json.RootElement.GetProperty("type").ValueEquals("httpTrigger")
            && json.RootElement.TryGetProperty("route", out var route)
            && Routes.Any(known => route.GetString()!.StartsWith(known, StringComparison.Ordinal));
    }
}

/// <summary>Takes the client from the first invocation that brings it, and again where the one that is known no longer answers.</summary>
internal sealed class HubClientMiddleware(HubClient client) : IFunctionsWorkerMiddleware
{
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (client.IsWanted && context.FunctionDefinition.InputBindings.TryGetValue(HubBinding.BindingName, out var binding)
            && (await context.BindInputAsync<DurableTaskClient>(binding)).Value is { } found)
            client.Set(found);
        await next(context);
    }
}
