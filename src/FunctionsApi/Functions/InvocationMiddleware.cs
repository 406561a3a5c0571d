using FunctionsApi.Api;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace FunctionsApi.Functions;

/// <summary>
/// Stands before every function: it answers preflights, waits until the program has started, ends what lasts longer than the host bears, and
/// keeps exceptions from those who call.
/// </summary>
internal sealed class InvocationMiddleware(Cors cors, StartGate gate, RequestDeadline deadline, ILogger<InvocationMiddleware> logger) : IFunctionsWorkerMiddleware
{
    public Task Invoke(FunctionContext context, FunctionExecutionDelegate next) =>
        context.GetHttpContext() is { } http ? AnswerAsync(http, context, next) : RunAsync(context, next);

    // To fail, a queue's or timer's function throws.
    private async Task RunAsync(FunctionContext context, FunctionExecutionDelegate next)
    {
        await gate.WaitAsync(context.CancellationToken);
        await next(context);
    }

    private async Task AnswerAsync(HttpContext http, FunctionContext context, FunctionExecutionDelegate next)
    {
        try
        {
            // The host cancels an invocation when its client has gone, and when it gives it up itself.
            await using var cancelled = context.CancellationToken.UnsafeRegister(static state => ((HttpContext)state!).Abort(), http);
            if (cors.Answers(http) || !await gate.TryPassAsync(http))
                return;
            await using var end = deadline.Start(http);
            await next(context);
        }
        catch (Exception exception)
        {
            LastResort.Answer(http, exception, logger);
        }
    }
}
