using FunctionsApi.TestKit.Hosting.Protocol;

namespace FunctionsApi.TestKit.Hosting.Bindings;

/// <summary>A function, as the worker's index has it.</summary>
/// <param name="Metadata">What the worker is told to load.</param>
/// <param name="Trigger">What it is fired by.</param>
/// <param name="Inputs">What else the host gives it.</param>
public sealed record Function(RpcFunctionMetadata Metadata, Binding Trigger, IReadOnlyList<Binding> Inputs)
{
    public string Name => Metadata.Name;

    public string Id => Metadata.FunctionId;

    internal bool IsHttp => Trigger.Type == "httpTrigger";

    internal static Function Read(RpcFunctionMetadata metadata)
    {
        var inputs = metadata.RawBindings.Select(Binding.Parse).Where(binding => binding.IsInput).ToLookup(IsTrigger);
        return new(metadata, inputs[true].Single(), [.. inputs[false]]);
    }

    private static bool IsTrigger(Binding binding) => binding.Type.EndsWith("Trigger", StringComparison.OrdinalIgnoreCase);
}
