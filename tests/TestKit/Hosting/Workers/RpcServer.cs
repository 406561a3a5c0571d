using System.Collections.Concurrent;
using System.Net;
using FunctionsApi.TestKit.Hosting.Protocol;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FunctionsApi.TestKit.Hosting.Workers;

/// <summary>Where workers report: a gRPC server on a loopback port of its own.</summary>
internal sealed class RpcServer : IAsyncDisposable
{
    /// <summary>That of the real host.</summary>
    public const int MaxMessageLength = int.MaxValue;

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, WorkerChannel> _channels;

    private RpcServer(WebApplication app, ConcurrentDictionary<string, WorkerChannel> channels) => (_app, _channels) = (app, channels);

    public Uri Address => new(_app.Urls.Single());

    public static async Task<RpcServer> StartAsync()
    {
        var channels = new ConcurrentDictionary<string, WorkerChannel>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton(channels);
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = grpc.MaxSendMessageSize = MaxMessageLength);
        var app = builder.Build();
        app.MapGrpcService<Service>();
        await app.StartAsync();
        return new(app, channels);
    }

    /// <summary>Makes the channel of a process that is about to be started.</summary>
    public WorkerChannel Open(Lines output)
    {
        var channel = new WorkerChannel($"{Guid.NewGuid()}", output);
        _channels[channel.WorkerId] = channel;
        return channel;
    }

    /// <summary>Cuts every stream where it is.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private sealed class Service(ConcurrentDictionary<string, WorkerChannel> channels) : FunctionRpc.FunctionRpcBase
    {
        public override async Task EventStream(
            IAsyncStreamReader<StreamingMessage> requestStream, IServerStreamWriter<StreamingMessage> responseStream, ServerCallContext context)
        {
            if (await requestStream.MoveNext(context.CancellationToken)
                && requestStream.Current.ContentCase == StreamingMessage.ContentOneofCase.StartStream
                && channels.TryGetValue(requestStream.Current.StartStream.WorkerId, out var channel))
                await channel.RunAsync(requestStream, responseStream, context.CancellationToken);
        }
    }
}
