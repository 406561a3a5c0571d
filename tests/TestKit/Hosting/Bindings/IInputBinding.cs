using FunctionsApi.TestKit.Hosting.Protocol;

namespace FunctionsApi.TestKit.Hosting.Bindings;

/// <summary>Gives functions the data of one kind of input binding, as <c>durableClient</c>.</summary>
public interface IInputBinding
{
    /// <summary>The binding's type.</summary>
    string Type { get; }

    /// <summary>The data of one invocation.</summary>
    ValueTask<TypedData> GetAsync(Function function, Binding binding, CancellationToken cancellationToken);
}
