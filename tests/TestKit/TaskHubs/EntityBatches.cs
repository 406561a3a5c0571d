using DurableTask.Core;
using DurableTask.Core.Entities.OperationFormat;
using Google.Protobuf;
using P = Microsoft.DurableTask.Protobuf;

namespace FunctionsApi.TestKit.TaskHubs;

/// <summary>Batches of entity operations as the host hands them to a function, and what it takes for an answer: base64 of the client protocol's messages.</summary>
internal static class EntityBatches
{
    public static string Encode(EntityBatchRequest batch)
    {
        var message = new P.EntityBatchRequest { InstanceId = batch.InstanceId, EntityState = batch.EntityState };
        foreach (var operation in batch.Operations!)
            message.Operations.Add(new P.OperationRequest { RequestId = $"{operation.Id}", Operation = operation.Operation, Input = operation.Input });
        return Convert.ToBase64String(message.ToByteArray());
    }

    public static EntityBatchResult Decode(string text)
    {
        var message = P.EntityBatchResult.Parser.ParseFrom(Convert.FromBase64String(text));
        return message.Actions.Count == 0
            ? new()
            {
                EntityState = message.EntityState,
                FailureDetails = Failure(message.FailureDetails),
                Actions = [],
                Results = [.. message.Results.Select(Result)],
            }
            : throw new NotSupportedException("The double of the host carries no signals from entities to others.");
    }

    private static OperationResult Result(P.OperationResult result) => result.ResultTypeCase == P.OperationResult.ResultTypeOneofCase.Success
        ? new() { Result = result.Success.Result }
        : new() { FailureDetails = Failure(result.Failure.FailureDetails) };

    private static FailureDetails? Failure(P.TaskFailureDetails? failure) => failure is null
        ? null
        : new(failure.ErrorType, failure.ErrorMessage, failure.StackTrace, Failure(failure.InnerFailure), failure.IsNonRetriable);
}
