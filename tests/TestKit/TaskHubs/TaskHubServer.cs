using System.Net;
using DurableTask.AzureStorage;
using DurableTask.Core.Entities;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.DurableTask.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FunctionsApi.TestKit.TaskHubs;

/// <summary>What the Functions host does for clients of its task hub, as far as entities go.</summary>
internal sealed class TaskHubServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TaskHubServer(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());

    public static async Task<TaskHubServer> StartAsync(AzureStorageOrchestrationService hub)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton(hub);
        builder.Services.AddGrpc();
        var app = builder.Build();
        app.MapGrpcService<Service>();
        await app.StartAsync();
        return new(app);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private sealed class Service(AzureStorageOrchestrationService hub) : TaskHubSidecarService.TaskHubSidecarServiceBase
    {
        private EntityBackendQueries Entities => ((IEntityOrchestrationService)hub).EntityBackendQueries!;

        public override async Task<SignalEntityResponse> SignalEntity(SignalEntityRequest request, ServerCallContext context)
        {
            var signal = ClientEntityHelpers.EmitOperationSignal(
                new() { InstanceId = request.InstanceId }, Guid.Parse(request.RequestId), request.Name, request.Input, null);
            await hub.SendTaskOrchestrationMessageAsync(signal.AsTaskMessage());
            return new();
        }

        public override async Task<GetEntityResponse> GetEntity(GetEntityRequest request, ServerCallContext context)
        {
            var found = await Entities.GetEntityAsync(
                EntityId.FromString(request.InstanceId), request.IncludeState, includeStateless: false, context.CancellationToken);
            return found is { } entity ? new() { Exists = true, Entity = Metadata(entity) } : new() { Exists = false };
        }

        public override async Task<QueryEntitiesResponse> QueryEntities(QueryEntitiesRequest request, ServerCallContext context)
        {
            var page = await Entities.QueryEntitiesAsync(
                new()
                {
                    InstanceIdStartsWith = request.Query.InstanceIdStartsWith,
                    LastModifiedFrom = request.Query.LastModifiedFrom?.ToDateTime(),
                    LastModifiedTo = request.Query.LastModifiedTo?.ToDateTime(),
                    IncludeTransient = request.Query.IncludeTransient,
                    IncludeState = request.Query.IncludeState,
                    ContinuationToken = request.Query.ContinuationToken,
                    PageSize = request.Query.PageSize,
                },
                context.CancellationToken);
            return new() { ContinuationToken = page.ContinuationToken, Entities = { page.Results.Select(Metadata) } };
        }

        public override async Task<CleanEntityStorageResponse> CleanEntityStorage(CleanEntityStorageRequest request, ServerCallContext context)
        {
            var cleaned = await Entities.CleanEntityStorageAsync(
                new()
                {
                    RemoveEmptyEntities = request.RemoveEmptyEntities,
                    ReleaseOrphanedLocks = request.ReleaseOrphanedLocks,
                    ContinuationToken = request.ContinuationToken,
                },
                context.CancellationToken);
            return new()
            {
                EmptyEntitiesRemoved = cleaned.EmptyEntitiesRemoved,
                OrphanedLocksReleased = cleaned.OrphanedLocksReleased,
                ContinuationToken = cleaned.ContinuationToken,
            };
        }

        private static EntityMetadata Metadata(EntityBackendQueries.EntityMetadata entity) => new()
        {
            InstanceId = entity.EntityId.ToString(),
            LastModifiedTime = Timestamp.FromDateTime(DateTime.SpecifyKind(entity.LastModifiedTime, DateTimeKind.Utc)),
            BacklogQueueSize = entity.BacklogQueueSize,
            LockedBy = entity.LockedBy,
            SerializedState = entity.SerializedState,
        };
    }
}
