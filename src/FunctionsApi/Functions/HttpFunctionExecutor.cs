using System.Collections.Frozen;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Invocation;

namespace FunctionsApi.Functions;

/// <summary>
/// Runs a function that HTTP triggers as Kestrel does without the host: on one instance of its class, with nothing to bind.
/// </summary>
/// <param name="services">What the functions' classes are made of.</param>
/// <param name="others">Runs what is triggered otherwise.</param>
internal sealed class HttpFunctionExecutor(IServiceProvider services, IFunctionExecutor others) : IFunctionExecutor
{
    private const string WithoutRequest = "The Functions host has sent an invocation of HTTP without passing the request on. "
        + "It must proxy requests to the worker: use a host of version 4 and leave worker.config.json as it is published.";

    private readonly FrozenDictionary<string, RequestDelegate> _functions =
        HttpFunction.All.ToFrozenDictionary(function => function.Name, function => function.CreateDelegate(services));

    public ValueTask ExecuteAsync(FunctionContext context) => _functions.TryGetValue(context.FunctionDefinition.Name, out var function)
        ? new(function(context.GetHttpContext() ?? throw new InvalidOperationException(WithoutRequest)))
        : others.ExecuteAsync(context);

    /// <summary>Puts it before the worker's own, which is there already.</summary>
    public static void Add(IServiceCollection services)
    {
        var usual = services.Last(service => service.ServiceType == typeof(IFunctionExecutor)).ImplementationType!;
        services.AddSingleton<IFunctionExecutor>(provider =>
            new HttpFunctionExecutor(provider, (IFunctionExecutor)ActivatorUtilities.CreateInstance(provider, usual)));
    }
}
